// Bytes of another node must never hurt, and what they are taken for must be what we would send.

#include "cluster/peer_message_codec.hpp"
#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace talaria::cluster;
  using namespace talaria::fuzz;
  const auto message = decode_peer_message(as_text(data, size));
  if (!message) {
    return 0;
  }
  const auto bytes = encode(*message);
  require(bytes.has_value(), "what was taken keeps to the limits");
  require(bytes->size() <= size, "nothing was made up");
  require(decode_peer_message(*bytes) == *message, "a round trip");
  return 0;
}
