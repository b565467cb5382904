#include "actors/writer_load.hpp"

#include <doctest/doctest.h>

using namespace talaria;

TEST_CASE("events count until the last copy of their share is gone") {
  actors::writer_load load;
  auto share = load.add(400);
  const auto other = load.add(7);
  auto copy = share;
  CHECK(load.events() == 407);
  share.reset();
  CHECK(load.events() == 407);
  copy.reset();
  CHECK(load.events() == 7);
}

TEST_CASE("a share may outlive the count") {
  actors::writer_load::share share;
  {
    actors::writer_load load;
    share = load.add(1);
  }
  share.reset();
}
