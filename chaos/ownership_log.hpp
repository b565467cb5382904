#pragma once

#include <string>

namespace talaria::chaos {

/// Makes a throw-away database of Talaria write down, by triggers of its own, who takes and frees
/// shards, and who owned a shard when an outcome for it was committed: evidence that no layer of
/// the product has a hand in. `read_outcomes` reads it.
///
/// A process is told by the `application_name` of its connections.
///
/// @pre Talaria has made its tables, and one process at most has shards.
/// @throws std::runtime_error if it cannot.
void begin_ownership_log(const std::string& url);

}  // namespace talaria::chaos
