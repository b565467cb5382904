#include "chaos/verdict.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace talaria::chaos {

namespace {

namespace json = boost::json;

json::object to_object(const finding& finding) {
  json::object made{{"promise", to_string(finding.promise())},
                    {"holds", finding.holds()},
                    {"looked_at", finding.looked_at()},
                    {"violations", finding.violations()},
                    {"note", finding.note()}};
  json::array examples;
  for (const auto& example : finding.examples())
    examples.emplace_back(example);
  made["examples"] = std::move(examples);
  return made;
}

}  // namespace

std::string_view to_string(promise promise) {
  switch (promise) {
    case promise::acked_is_kept:
      return "acked_is_kept";
    case promise::drained:
      return "drained";
    case promise::no_phantoms:
      return "no_phantoms";
    case promise::repeats_bounded:
      return "repeats_bounded";
    case promise::order_kept:
      return "order_kept";
    case promise::one_owner:
      return "one_owner";
    case promise::ended_once:
      return "ended_once";
    case promise::log_agrees:
      return "log_agrees";
    case promise::back_to_baseline:
      return "back_to_baseline";
  }
  return "";
}

void finding::violate(std::string example) {
  ++violations_;
  if (examples_.size() < examples_max)
    examples_.push_back(std::move(example));
}

bool verdict::holds() const {
  return std::ranges::all_of(findings, &finding::holds);
}

const finding& verdict::of(promise promise) const {
  return *std::ranges::find(findings, promise, &finding::promise);
}

std::string to_table(const verdict& verdict) {
  std::string table = fmt::format("{:<18}{:<10}{:>10}{:>12}  {}\n", "promise", "verdict",
                                  "looked at", "violations", "note");
  auto into = std::back_inserter(table);
  for (const auto& finding : verdict.findings) {
    const auto* word = finding.holds() ? "holds" : "BROKEN";
    fmt::format_to(into, "{:<18}{:<10}{:>10}{:>12}  {}\n", to_string(finding.promise()), word,
                   finding.looked_at(), finding.violations(), finding.note());
    for (const auto& example : finding.examples())
      fmt::format_to(into, "    {}\n", example);
  }
  return table;
}

std::string to_json(const verdict& verdict) {
  json::array findings;
  for (const auto& finding : verdict.findings)
    findings.push_back(to_object(finding));
  return json::serialize(
      json::object{{"holds", verdict.holds()}, {"findings", std::move(findings)}});
}

}  // namespace talaria::chaos
