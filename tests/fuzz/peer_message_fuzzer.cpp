// Bytes of another node must never hurt, and what they are taken for must be what we would send.

#include "cluster/link_frame.hpp"
#include "cluster/peer_message_codec.hpp"
#include "tests/fuzz/require.hpp"

namespace talaria::fuzz {
namespace {

using namespace talaria::cluster;

void check_message(std::string_view bytes) {
  const auto message = decode_peer_message(bytes);
  if (!message) {
    return;
  }
  const auto again = encode(*message);
  require(again.has_value(), "what was taken keeps to the limits");
  require(again->size() <= bytes.size(), "nothing was made up");
  require(decode_peer_message(*again) == *message, "a round trip");
}

void check_frame(std::string_view bytes) {
  const auto frame = decode_frame(bytes);
  if (!frame) {
    return;
  }
  const auto again = encode_frame(*frame);
  require(again.size() <= bytes.size(), "nothing was made up");
  require(decode_frame(again) == *frame, "a round trip");
}

}  // namespace
}  // namespace talaria::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = talaria::fuzz::as_text(data, size);
  talaria::fuzz::check_message(bytes);
  talaria::fuzz::check_frame(bytes);
  return 0;
}
