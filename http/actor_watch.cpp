#include "http/actor_watch.hpp"

#include "domain/time.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace talaria::http {
namespace {

namespace json = boost::json;

constexpr std::size_t events_per_look = 1'000;

std::string_view name_of(const supervision::life_event& event) {
  using enum supervision::life_change;
  switch (event.change) {
    case born:
      return "born";
    case died:
      return "died";
    case failed:
      return "failed";
    case restarted:
      return "restarted";
    case quarantined:
      return "quarantined";
    case released:
      return "released";
    case noted:
      return event.topic;
  }
  return "unknown";
}

}  // namespace

std::string to_server_sent_event(const supervision::life_event& event) {
  json::object data{
      {"path", event.path}, {"kind", event.kind}, {"at", domain::to_rfc3339(event.at)}};
  if (event.change == supervision::life_change::noted) {
    data[event.topic] = event.text;
  } else if (!event.text.empty()) {
    data["reason"] = event.text;
  }
  return fmt::format("event: {}\nid: {}\ndata: {}\n\n", name_of(event), event.sequence,
                     json::serialize(data));
}

std::shared_ptr<body_stream> actor_watch::watch(std::uint64_t after) {
  const std::scoped_lock lock(mutex_);
  if (stopping_ || watchers_.size() >= watchers_max) {
    return nullptr;
  }
  if (!thread_.joinable()) {
    thread_ = std::thread([this] { run(); });
  }
  auto stream = std::make_shared<body_stream>();
  stream->write(": watching\n\n");
  watchers_.push_back({stream, after, std::chrono::steady_clock::now()});
  changed_.notify_all();
  return stream;
}

void actor_watch::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

std::size_t actor_watch::watchers() const {
  const std::scoped_lock lock(mutex_);
  return watchers_.size();
}

void actor_watch::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (watchers_.empty()) {
      changed_.wait(lock);
      continue;
    }
    look();
    changed_.wait_for(lock, look_interval, [this] { return stopping_; });
  }
}

void actor_watch::look() {
  for (watcher& each : watchers_) {
    tell(each);
  }
  std::erase_if(watchers_, [](const watcher& each) { return each.stream->closed(); });
}

void actor_watch::tell(watcher& told) const {
  const auto now = std::chrono::steady_clock::now();
  const auto news = lives_.after(told.seen, events_per_look);
  std::string text = news.incomplete ? "event: missed\ndata: {}\n\n" : "";
  for (const supervision::life_event& event : news.events) {
    text += to_server_sent_event(event);
    told.seen = event.sequence;
  }
  if (text.empty() && now - told.written_at >= sign_of_life_interval) {
    text = ": alive\n\n";
  }
  if (!text.empty()) {
    told.stream->write(text);
    told.written_at = now;
  }
}

}  // namespace talaria::http
