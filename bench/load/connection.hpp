#pragma once

#include "bench/load/response_reader.hpp"
#include "bench/load/target.hpp"
#include "delivery/file_descriptor.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace talaria::load {

/// A client's connection, with at most one request under way.
///
///     closed ──open──► connecting ──► idle ──send──► busy ──answered──► idle
///        ▲                 │            │             │
///        └──────────── lost ◄───────────┴─────────────┘
///
/// Watched by its owner's epoll, edge-triggered, with the connection's address as data. Not
/// thread-safe; not movable while it is open.
class connection {
public:
  enum class state : std::uint8_t { closed, connecting, idle, busy };
  /// What came of an event.
  enum class change : std::uint8_t { none, connected, answered, lost };

  /// @returns false if the system refuses; the connection stays closed.
  bool open(const target& where, int epoll);
  void close();

  /// Where the next request is to be written, before `send`.
  std::string& request() { return request_; }
  /// @pre the state is `idle`.
  change send(std::chrono::steady_clock::time_point due);

  change on_event(std::uint32_t epoll_events);

  enum state state() const { return state_; }
  /// Of the request under way, or of the last.
  std::chrono::steady_clock::time_point due() const { return due_; }
  /// Whether a request was begun and not answered; holds for a lost connection until it is opened.
  bool under_way() const { return under_way_; }
  /// Of the last answer.
  unsigned status() const { return reader_.status(); }
  /// The server will close the connection after its last answer.
  bool closes() const { return reader_.closes(); }
  /// A connection that never had an answer is not worth opening again.
  bool ever_answered() const { return ever_answered_; }

private:
  change write();
  change read();
  change lose();

  delivery::file_descriptor socket_;
  enum state state_ = state::closed;
  std::string request_;
  std::size_t written_ = 0;
  response_reader reader_;
  std::chrono::steady_clock::time_point due_;
  bool under_way_ = false;
  bool ever_answered_ = false;
};

}  // namespace talaria::load
