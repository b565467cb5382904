#pragma once

#include <caf/meta/type_name.hpp>

#include <cstdint>
#include <string>

namespace talaria::cluster {

/// The one message that CAF carries between nodes.
///
/// CAF writes fields by their position and refuses what it does not expect, so this must never
/// change, nor the name under which it is registered: nodes of two versions would not understand
/// each other. What changes is within the bytes, whose format is link_frame.hpp's.
struct envelope {
  static constexpr const char* type_name = "talaria_envelope";

  /// The version of the format that both agreed on; 0 before they have.
  std::uint16_t protocol = 0;
  /// A string, because CAF copies one as a whole; on the wire it is a sequence of bytes.
  std::string bytes;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& inspector, envelope& shown) {
  return inspector(caf::meta::type_name(envelope::type_name), shown.protocol, shown.bytes);
}

}  // namespace talaria::cluster
