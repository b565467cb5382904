#include "chaos/verdict.hpp"

#include <doctest/doctest.h>

using namespace talaria::chaos;

TEST_CASE("a verdict holds while every finding does") {
  verdict verdict{{finding{promise::drained}, finding{promise::one_owner}}};
  CHECK(verdict.holds());
  verdict.findings[1].violate("a late write");
  CHECK_FALSE(verdict.holds());
  CHECK(verdict.of(promise::drained).holds());
  CHECK_FALSE(verdict.of(promise::one_owner).holds());
}

TEST_CASE("every violation is counted, and the first few are kept in words") {
  finding finding{promise::drained};
  for (std::size_t i = 0; i <= finding::examples_max; ++i)
    finding.violate("example");
  CHECK(finding.violations() == finding::examples_max + 1);
  CHECK(finding.examples().size() == finding::examples_max);
}

TEST_CASE("the table has a line for each promise and one for each example") {
  verdict verdict{{finding{promise::drained}, finding{promise::one_owner}}};
  verdict.findings[0].look(7);
  verdict.findings[1].violate("a late write");
  CHECK(to_table(verdict) ==
        "promise           verdict    looked at  violations  note\n"
        "drained           holds              7           0  \n"
        "one_owner         BROKEN             0           1  \n"
        "    a late write\n");
}

TEST_CASE("the JSON says for each promise what was found") {
  verdict verdict{{finding{promise::drained}}};
  verdict.findings[0].violate("it is pending");
  verdict.findings[0].note("of 1");
  CHECK(to_json(verdict) ==
        R"({"holds":false,"findings":[{"promise":"drained","holds":false,"looked_at":0,)"
        R"("violations":1,"note":"of 1","examples":["it is pending"]}]})");
}

TEST_CASE("every promise has a name of its own") {
  for (const auto one : promises) {
    CHECK_FALSE(to_string(one).empty());
    for (const auto other : promises)
      CHECK((to_string(one) == to_string(other)) == (one == other));
  }
}
