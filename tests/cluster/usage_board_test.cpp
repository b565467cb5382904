#include "cluster/usage_board.hpp"

#include "cluster/limits.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

using namespace talaria;
using namespace std::chrono_literals;
using cluster::usage_board;
using kind = usage_board::kind;

namespace {

const domain::organization_id organization{{{1}}};
const domain::organization_id another{{{2}}};
const std::vector<std::string> names{"a", "b", "c"};

/// A node's part of a limit of one.
double part_seen_by(const usage_board& board, const domain::organization_id& of, kind what) {
  return board.part_of(1, of, what, 0).exact;
}

/// Three nodes that tell each other once a second.
struct three_boards {
  std::vector<std::unique_ptr<usage_board>> boards;
  cluster::uptime now = 100s;

  three_boards() {
    for (const auto& name : names)
      boards.push_back(std::make_unique<usage_board>(name));
    for (auto& board : boards)
      board->set_nodes(names, now);
    pass({});
  }

  /// A second in which each node was asked for so many events.
  void pass(std::array<std::uint64_t, 3> asked) {
    now += 1s;
    for (std::size_t i = 0; i < boards.size(); ++i) {
      if (asked.at(i) > 0)
        boards[i]->asked(organization, kind::events, asked.at(i));
    }
    std::vector<cluster::usage> told;
    for (auto& board : boards)
      told.push_back(board->close_interval(now));
    for (std::size_t from = 0; from < boards.size(); ++from) {
      for (std::size_t to = 0; to < boards.size(); ++to) {
        if (from != to)
          boards[to]->told(names[from], told[from], now);
      }
    }
  }

  double sum() const {
    double all = 0;
    for (const auto& board : boards)
      all += part_seen_by(*board, organization, kind::events);
    return all;
  }
};

}  // namespace

TEST_CASE("a node alone has the whole limit") {
  usage_board alone{"a"};
  alone.set_nodes(std::vector<std::string>{"a"}, 1s);
  CHECK(part_seen_by(alone, organization, kind::events) == 1);
  alone.asked(organization, kind::events, 1000);
  alone.close_interval(2s);
  for (std::uint64_t turn = 0; turn < 100; ++turn) {
    CHECK(alone.part_of(10, organization, kind::events, turn).whole == 10);
    CHECK(alone.part_of(10, organization, kind::events, turn).exact == 10);
  }
}

TEST_CASE("the parts of all nodes are one limit, however the demand is spread") {
  three_boards three;
  for (const auto asked : {std::array<std::uint64_t, 3>{0, 0, 0}, {900, 0, 0}, {10, 20, 30}}) {
    three.pass(asked);
    CHECK(three.sum() == doctest::Approx(1));
  }
}

TEST_CASE("a node's part is its part of the demand, but for a fiftieth that is divided equally") {
  three_boards three;
  const auto part = [&](std::size_t node, kind what = kind::events) {
    return part_seen_by(*three.boards[node], organization, what);
  };
  CHECK(part(0) == doctest::Approx(1.0 / 3));
  three.pass({997, 997, 0});
  CHECK(part(0) == doctest::Approx(0.49673));
  CHECK(part(2) == doctest::Approx(1.0 / 153));
  three.pass({1, 0, 0});
  CHECK(part(0) == doctest::Approx(151.0 / 153));
  // What was asked in events says nothing of requests, nor one organization of another.
  CHECK(part(0, kind::requests) == doctest::Approx(1.0 / 3));
  CHECK(part_seen_by(*three.boards[0], another, kind::events) == doctest::Approx(1.0 / 3));
}

TEST_CASE("in every turn the nodes admit one limit together, and each its part on average") {
  three_boards three;
  constexpr std::uint64_t turns = 1'000;
  for (const auto asked :
       {std::array<std::uint64_t, 3>{0, 0, 0}, {7, 7, 7}, {500, 250, 50}, {1, 0, 3}}) {
    three.pass(asked);
    for (const std::uint32_t limit : {1U, 2U, 3U, 5U, 10U, 1'000U}) {
      CAPTURE(limit);
      std::array<std::uint64_t, 3> admitted{};
      for (std::uint64_t turn = 0; turn < turns; ++turn) {
        std::uint32_t in_turn = 0;
        for (std::size_t node = 0; node < admitted.size(); ++node) {
          const auto whole =
              three.boards[node]->part_of(limit, organization, kind::events, turn).whole;
          admitted.at(node) += whole;
          in_turn += whole;
        }
        CHECK(in_turn == limit);
      }
      for (std::size_t node = 0; node < admitted.size(); ++node) {
        const auto exact = three.boards[node]->part_of(limit, organization, kind::events, 0).exact;
        CHECK(static_cast<double>(admitted.at(node)) / turns ==
              doctest::Approx(exact).epsilon(0.02));
      }
    }
  }
}

TEST_CASE("steady demand is admitted within a tenth of the limit, however small that is") {
  constexpr std::uint64_t seconds = 300;
  for (const std::uint32_t limit : {1U, 2U, 4U, 5U, 8U, 10U, 30U, 90U}) {
    for (const auto shares : {std::array<std::uint64_t, 3>{1, 1, 1}, {4, 1, 1}, {1, 0, 0}}) {
      CAPTURE(limit);
      CAPTURE(shares[0]);
      three_boards three;
      std::array<domain::sliding_window, 3> windows{
          domain::sliding_window{1s}, domain::sliding_window{1s}, domain::sliding_window{1s}};
      std::uint32_t admitted = 0;
      for (std::uint64_t second = 0; second < seconds; ++second) {
        for (std::uint64_t tick = 0; tick < 100; ++tick) {
          for (std::size_t node = 0; node < windows.size(); ++node) {
            const auto now = domain::timestamp{} + std::chrono::seconds{second} + tick * 10ms;
            const auto allowed =
                three.boards[node]->part_of(limit, organization, kind::events, second);
            for (std::uint64_t asked = 0; asked < shares.at(node); ++asked)
              admitted += windows.at(node).take(now, allowed).allowed ? 1 : 0;
          }
        }
        three.pass({100 * shares[0], 100 * shares[1], 100 * shares[2]});
      }
      CHECK(admitted >= limit * seconds * 9 / 10);
      CHECK(admitted <= limit * seconds * 11 / 10);
    }
  }
}

TEST_CASE("a node that hears nothing of another takes an equal part") {
  three_boards three;
  three.pass({900, 0, 0});
  three.boards[0]->asked(organization, kind::events, 900);
  three.boards[0]->close_interval(three.now + 3s);
  CHECK(part_seen_by(*three.boards[0], organization, kind::events) > 0.9);
  three.boards[0]->asked(organization, kind::events, 900);
  three.boards[0]->close_interval(three.now + 3s + 1ns);
  CHECK(part_seen_by(*three.boards[0], organization, kind::events) == doctest::Approx(1.0 / 3));
}

TEST_CASE("who is no node has no part, and one that joins has one") {
  three_boards three;
  three.pass({900, 900, 900});
  three.boards[0]->set_nodes(std::vector<std::string>{"a", "b"}, three.now);
  CHECK(part_seen_by(*three.boards[0], organization, kind::events) == doctest::Approx(0.5));
  three.boards[0]->set_nodes(names, three.now);
  CHECK(part_seen_by(*three.boards[0], organization, kind::events) == doctest::Approx(1.0 / 3));
  three.boards[0]->told("stranger", {{{organization, 0, 1'000'000}}}, three.now);
  CHECK(part_seen_by(*three.boards[0], organization, kind::events) == doctest::Approx(1.0 / 3));
}

TEST_CASE("the board remembers no more organizations than it tells of") {
  usage_board board{"a"};
  for (std::uint32_t i = 0; i < cluster::limits::usage_rows_max + 1; ++i) {
    domain::organization_id many;
    many.value.bytes[0] = static_cast<std::uint8_t>(i);
    many.value.bytes[1] = static_cast<std::uint8_t>(i >> 8U);
    board.asked(many, kind::requests, 1);
  }
  CHECK(board.close_interval(1s).rows.size() == cluster::limits::usage_rows_max);
}
