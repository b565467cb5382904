#include "delivery/transfer_error.hpp"

namespace talaria::delivery {

domain::attempt_error to_attempt_error(CURLcode result) {
  using domain::attempt_error;
  switch (result) {
    case CURLE_OK:
      return attempt_error::none;
    case CURLE_OPERATION_TIMEDOUT:
      return attempt_error::timeout;
    case CURLE_COULDNT_RESOLVE_HOST:
      return attempt_error::dns;
    case CURLE_COULDNT_CONNECT:
      return attempt_error::connect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_CLIENTCERT:
      return attempt_error::tls;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return attempt_error::reset;
    // The first stands for HTTP/0.9 here: the schemes of URLs are checked before.
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_FILESIZE_EXCEEDED:
      return attempt_error::invalid_response;
    default:
      return attempt_error::internal;
  }
}

}  // namespace talaria::delivery
