#pragma once

#include "app/configuration.hpp"

#include <string>

namespace talaria::app {

/// Directs the process's log to standard error, one line per entry.
///
/// In JSON each line is an object with `time`, `level` and `message`; control characters in
/// messages are escaped in both forms, so that what a client sent cannot forge a line.
void start_logging(const std::string& level, log_format format);

}  // namespace talaria::app
