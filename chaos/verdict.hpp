#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::chaos {

/// A promise, by the check that looks after it.
enum class promise : std::uint8_t {
  acked_is_kept,     ///< what was acked is delivered, dead or cancelled for all who want it
  drained,           ///< nothing is pending once nothing disturbs
  no_phantoms,       ///< receivers got what was submitted, what they want, and unaltered
  repeats_bounded,   ///< what came again came seldom, and with the same id
  order_kept,        ///< ordered subscriptions got one after the other, in the order of commits
  one_owner,         ///< whoever was succeeded wrote nothing more
  ended_once,        ///< a delivery ends once, by its last attempt
  log_agrees,        ///< the attempts that were logged are those that receivers saw
  back_to_baseline,  ///< memory and descriptors are what they were
};

inline constexpr std::array promises{
    promise::acked_is_kept,   promise::drained,    promise::no_phantoms,
    promise::repeats_bounded, promise::order_kept, promise::one_owner,
    promise::ended_once,      promise::log_agrees, promise::back_to_baseline,
};

std::string_view to_string(promise promise);

/// What a check found.
class finding {
public:
  /// The first few violations are kept in words.
  static constexpr std::size_t examples_max = 5;

  explicit finding(enum promise promise) : promise_{promise} {}

  /// One more thing was looked at.
  void look() { ++looked_at_; }
  void look(std::uint64_t things) { looked_at_ += things; }
  void violate(std::string example);
  /// For people: what was counted beside the violations.
  void note(std::string text) { note_ = std::move(text); }

  enum promise promise() const { return promise_; }
  bool holds() const { return violations_ == 0; }
  std::uint64_t looked_at() const { return looked_at_; }
  std::uint64_t violations() const { return violations_; }
  const std::vector<std::string>& examples() const { return examples_; }
  const std::string& note() const { return note_; }

private:
  enum promise promise_;
  std::uint64_t looked_at_ = 0;
  std::uint64_t violations_ = 0;
  std::vector<std::string> examples_;
  std::string note_;
};

/// One finding for each promise, in their order.
struct verdict {
  std::vector<finding> findings;

  bool holds() const;
  const finding& of(promise promise) const;
};

/// A line for each promise, and the examples of those that do not hold.
std::string to_table(const verdict& verdict);

/// `{"holds":...,"findings":[{"promise","holds","looked_at","violations","examples","note"}]}`
std::string to_json(const verdict& verdict);

}  // namespace talaria::chaos
