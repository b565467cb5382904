#include "chaos/evidence.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <array>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace talaria::chaos {

namespace {

namespace json = boost::json;

std::string_view to_text(delivery_end end) {
  constexpr std::array<std::string_view, 4> names{"pending", "delivered", "dead", "cancelled"};
  return names.at(static_cast<std::size_t>(end));
}

json::object to_object(const submission& one) {
  json::object made{{"number", one.number}, {"submitted_us", one.submitted_at.count()}};
  made["acked_us"] = one.acked_at ? json::value(one.acked_at->count()) : json::value(nullptr);
  made["event_ids"] = json::array(one.event_ids.begin(), one.event_ids.end());
  return made;
}

json::object to_object(const final_state& one) {
  return {
      {"event_id", one.event_id}, {"subscription", one.subscription}, {"end", to_text(one.end)}};
}

json::object to_object(const logged_attempt& one) {
  json::object made{{"event_id", one.event_id},    {"subscription", one.subscription},
                    {"number", one.number},        {"ended_us", one.ended_at.count()},
                    {"took_us", one.took.count()}, {"status_code", one.status_code},
                    {"made", to_text(one.made)},   {"node", one.node}};
  if (one.ownership) {
    made["shard"] = one.ownership->shard;
    made["owner"] = one.ownership->owner;
  }
  return made;
}

json::object to_object(const shard_change& one) {
  return {{"shard", one.shard},
          {"epoch", one.epoch},
          {"owner", one.owner},
          {"by", one.by},
          {"at_us", one.at.count()}};
}

json::object to_object(const process_end& one) {
  return {{"process", one.process}, {"at_us", one.at.count()}};
}

json::object to_object(const disturbance& one) {
  return {{"kind", to_string(one.fault.kind)},
          {"node", one.fault.node + 1},
          {"nodes", one.fault.settings.nodes},
          {"how", one.fault.settings.how},
          {"from_us", one.from.count()},
          {"until_us", one.until.count()},
          {"failure", one.failure}};
}

template <class T>
void write_lines(const std::filesystem::path& path, const std::vector<T>& all) {
  std::string lines;
  for (const auto& one : all)
    lines += json::serialize(to_object(one)) + "\n";
  write_text(path, lines);
}

}  // namespace

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file{path, std::ios::trunc};
  if (!(file << text).flush())
    throw std::runtime_error(fmt::format("{} cannot be written", path.string()));
}

void write_evidence(const std::filesystem::path& directory, const history& history,
                    const std::vector<disturbance>& disturbances) {
  write_lines(directory / "submissions.jsonl", history.submissions);
  write_lines(directory / "finals.jsonl", history.finals);
  write_lines(directory / "attempts.jsonl", history.attempts);
  write_lines(directory / "disturbances.jsonl", disturbances);
  write_lines(directory / "process_ends.jsonl", history.process_ends);
  write_lines(directory / "shard_changes.jsonl", history.shard_changes);
}

}  // namespace talaria::chaos
