#include "app/configuration.hpp"

#include "app/chaos.hpp"
#include "app/settings.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <utility>

namespace talaria::app {

namespace {

using domain::ec;
using domain::fail;
using domain::result;

/// Names the file, and so cannot be a setting in it.
constexpr std::string_view file_variable = "TALARIA_CONFIG";

result<void> apply(std::string_view key, std::string_view name, std::string_view text,
                   configuration& into) {
  const auto settings = all_settings();
  const auto found = std::ranges::find(settings, key, &setting::key);
  if (found == settings.end())
    return fail(ec::unknown_field, fmt::format("{} is not a setting", name), std::string{name});
  if (const auto applied = found->apply(text, into); !applied)
    return fail(ec::invalid_value, fmt::format("{} {}", name, applied.error().detail),
                std::string{name});
  return {};
}

/// The text of a TOML value as a variable would give it; lists become comma-separated.
result<std::string> text_of(const toml::node& node, const std::string& key) {
  if (const auto* text = node.as_string())
    return text->get();
  if (const auto* number = node.as_integer())
    return std::to_string(number->get());
  if (const auto* is_set = node.as_boolean())
    return is_set->get() ? "true" : "false";
  if (const auto* list = node.as_array()) {
    std::string joined;
    for (const auto& entry : *list) {
      const auto* text = entry.as_string();
      if (text == nullptr)
        return fail(ec::wrong_type, fmt::format("{} must be a list of strings", key), key);
      joined += (joined.empty() ? "" : ",") + text->get();
    }
    return joined;
  }
  return fail(
      ec::wrong_type,
      fmt::format("{} must be a string, a number, true or false, or a list of strings", key), key);
}

result<void> apply_table(const toml::table& table, const std::string& prefix, configuration& into) {
  for (const auto& [name, node] : table) {
    const auto key = prefix + std::string{name.str()};
    if (const auto* nested = node.as_table()) {
      if (auto applied = apply_table(*nested, key + ".", into); !applied)
        return applied;
      continue;
    }
    const auto text = text_of(node, key);
    if (!text)
      return tl::unexpected(text.error());
    if (auto applied = apply(key, key, *text, into); !applied)
      return applied;
  }
  return {};
}

result<void> apply_file(std::string_view text, configuration& into) {
  try {
    return apply_table(toml::parse(text), "", into);
  } catch (const toml::parse_error& error) {
    return fail(ec::invalid_value, fmt::format("the file is not valid TOML: {} (line {})",
                                               error.description(), error.source().begin.line));
  }
}

result<void> apply_variables(const std::map<std::string, std::string>& variables,
                             configuration& into) {
  const auto settings = all_settings();
  for (const auto& [name, text] : variables) {
    if (!name.starts_with(variable_prefix) || name == file_variable)
      continue;
    const auto found =
        std::find_if(settings.begin(), settings.end(),
                     [&](const setting& candidate) { return variable_of(candidate.key) == name; });
    if (auto applied = apply(found == settings.end() ? "" : found->key, name, text, into); !applied)
      return applied;
  }
  return {};
}

/// What no setting can know of itself.
result<void> load_tls(configuration& into) {
  const auto& certificate = into.http_tls_certificate;
  const auto& key = into.http_tls_key;
  if (certificate.empty() && key.empty())
    return {};
  if (certificate.empty() || key.empty()) {
    const std::string_view missing = key.empty() ? "http.tls_key" : "http.tls_certificate";
    const std::string_view given = key.empty() ? "http.tls_certificate" : "http.tls_key";
    return fail(ec::missing_field, fmt::format("{} is needed with {}", missing, given),
                std::string{missing});
  }
  auto loaded = http::tls_context::load(certificate, key);
  if (!loaded) {
    const auto name = "http.tls_" + loaded.error().field;
    return fail(ec::invalid_value, fmt::format("{} {}", name, loaded.error().detail), name);
  }
  into.http_tls = *std::move(loaded);
  return {};
}

result<void> check_links(configuration& into) {
  if (into.links.listen_host.empty())
    return {};
  into.links.name = into.node_name;
  auto checked = into.links;
  checked.incarnation = "made at the start";
  return cluster::check(checked);
}

}  // namespace

result<configuration> read_configuration(std::string_view toml,
                                         const std::map<std::string, std::string>& variables,
                                         const std::map<std::string, std::string>& flags) {
  configuration read;
  if (auto applied = apply_file(toml, read); !applied)
    return tl::unexpected(applied.error());
  if (auto applied = apply_variables(variables, read); !applied)
    return tl::unexpected(applied.error());
  for (const auto& [key, text] : flags) {
    if (auto applied = apply(key, flag_of(key), text, read); !applied)
      return tl::unexpected(applied.error());
  }
  if (auto loaded = load_tls(read); !loaded)
    return tl::unexpected(loaded.error());
  if (auto checked = check_links(read); !checked)
    return tl::unexpected(checked.error());
  if (auto checked = check_chaos(read); !checked)
    return tl::unexpected(checked.error());
  return read;
}

}  // namespace talaria::app
