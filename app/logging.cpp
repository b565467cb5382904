#include "app/logging.hpp"

#include <boost/json/serialize.hpp>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace talaria::app {

namespace {

/// Prints the message as a JSON string, quotes included.
class json_message : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& entry, const std::tm&,
              spdlog::memory_buf_t& line) override {
    const auto text = boost::json::serialize(
        boost::json::string_view{entry.payload.data(), entry.payload.size()});
    line.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<json_message>();
  }
};

/// Prints the message with control characters replaced.
class plain_message : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& entry, const std::tm&,
              spdlog::memory_buf_t& line) override {
    for (const char c : entry.payload)
      line.push_back(static_cast<unsigned char>(c) < 0x20 ? '?' : c);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<plain_message>();
  }
};

}  // namespace

void start_logging(const std::string& level, log_format format) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  if (format == log_format::json) {
    formatter->add_flag<json_message>('*').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l","message":%*})");
  } else {
    formatter->add_flag<plain_message>('*').set_pattern("%Y-%m-%d %H:%M:%S.%e %-7l %*");
  }
  auto logger = std::make_shared<spdlog::logger>("talaria",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(std::move(formatter));
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace talaria::app
