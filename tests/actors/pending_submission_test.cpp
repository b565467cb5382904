#include "actors/pending_submission.hpp"

#include <doctest/doctest.h>

#include <optional>

using namespace talaria;
using actors::admission;
using actors::pending_submission;
using actors::submission_answer;

namespace {

struct recorded {
  int answers = 0;
  std::optional<domain::ec> error;

  actors::submission submission() {
    return {.events = {}, .done = [this](const domain::result<submission_answer>& answer) {
              ++answers;
              if (!answer)
                error = answer.error().code;
            }};
  }
};

}  // namespace

TEST_CASE("admission lets in as many as its limit, and one more only after one has left") {
  admission gate{2};
  CHECK(gate.enter());
  CHECK(gate.enter());
  CHECK_FALSE(gate.enter());
  gate.leave();
  CHECK(gate.enter());
  CHECK(gate.in_progress() == 2);
}

TEST_CASE("a submission that is dropped is answered as unknown, and gives its place back") {
  admission gate{1};
  recorded client;
  REQUIRE(gate.enter());
  { const pending_submission dropped{client.submission(), gate}; }
  CHECK(client.error == domain::ec::store_unavailable);
  CHECK(gate.in_progress() == 0);
}

TEST_CASE("only the first answer of a submission reaches its client") {
  admission gate{1};
  recorded client;
  REQUIRE(gate.enter());
  {
    pending_submission answered{client.submission(), gate};
    answered.answer(submission_answer{});
    answered.answer(submission_answer{});
  }
  CHECK(client.answers == 1);
  CHECK_FALSE(client.error);
}
