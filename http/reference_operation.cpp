#include "http/reference_operation.hpp"

#include "http/html.hpp"
#include "http/pretty_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace talaria::http {
namespace {

namespace json = boost::json;
using references = reference_schema::references;

constexpr std::string_view scope_words = "Scope: `";

/// As the description says it; empty if the operation is open to all.
std::string_view scope_of(const json::object& operation) {
  const auto description = text_in(operation, "description");
  const auto found = description.rfind(scope_words);
  if (found == std::string_view::npos) {
    return {};
  }
  const auto rest = description.substr(found + scope_words.size());
  return rest.substr(0, rest.find('`'));
}

/// The description without the scope, which the heading shows.
std::string description_of(const json::object& operation) {
  std::string text(text_in(operation, "description"));
  const std::string sentence = std::string(scope_words) + std::string(scope_of(operation)) + "`.";
  if (const auto found = text.rfind(sentence); found != std::string::npos) {
    text.erase(found, sentence.size());
  }
  return describe_in_html(text);
}

std::string scope_mark(const json::object& operation) {
  const auto scope = scope_of(operation);
  return scope.empty() ? R"(<span class="scope">no key needed</span>)"
                       : R"(<span class="scope">scope <b>)" + escape_html(scope) + "</b></span>";
}

std::string heading(const documented_operation& operation) {
  return fmt::format(R"(<h3><a href="#{}">{}</a></h3><p class="path">{}<b>{}</b>{}</p>)",
                     escape_html(text_in(*operation.described, "operationId")),
                     escape_html(text_in(*operation.described, "summary")),
                     method_mark(operation.method), escape_html(operation.path),
                     scope_mark(*operation.described));
}

std::string parameter_row(const json::object& parameter, const reference_schema& schemas) {
  const json::object& schema = object_in(parameter, "schema");
  const json::value* required = parameter.if_contains("required");
  const bool is_required = required != nullptr && required->is_bool() && required->get_bool();
  std::string html = fmt::format(
      R"(<div><dt><code>{}</code> <span class="type">{}, {}</span>{}</dt><dd>{})",
      escape_html(text_in(parameter, "name")), escape_html(text_in(parameter, "in")),
      schemas.type(schema), is_required ? R"( <span class="required">required</span>)" : "",
      describe_in_html(text_in(parameter, "description")));
  if (const std::string bounds = schemas.bounds(schema); !bounds.empty()) {
    html += R"(<span class="bounds">)" + bounds + "</span>";
  }
  if (const json::value* example = parameter.if_contains("example")) {
    const auto text =
        example->is_string() ? std::string(example->get_string()) : json::serialize(*example);
    html += R"(<span class="bounds">for example <code>)" + escape_html(text) + "</code></span>";
  }
  return html + "</dd></div>";
}

std::string parameters(const json::object& operation, const reference_schema& schemas) {
  const json::array& all = array_in(operation, "parameters");
  if (all.empty()) {
    return {};
  }
  std::string html = R"(<h4>Parameters</h4><dl class="fields">)";
  for (const json::value& parameter : all) {
    html += parameter_row(schemas.resolve(parameter.as_object()), schemas);
  }
  return html + "</dl>";
}

/// The first of a list of media types: there is only one.
const json::object& media_in(const json::object& holder) {
  static const json::object none;
  const json::object& content = object_in(holder, "content");
  return content.empty() ? none : content.begin()->value().as_object();
}

std::string_view media_type_in(const json::object& holder) {
  const json::object& content = object_in(holder, "content");
  return content.empty() ? std::string_view{} : std::string_view(content.begin()->key());
}

std::string example(const json::object& media) {
  const json::value* shown = media.if_contains("example");
  return shown == nullptr ? std::string{}
                          : "<pre><code>" + escape_html(pretty_json(*shown)) + "</code></pre>";
}

std::string body(const json::object& operation, const reference_schema& schemas) {
  const json::object& described = object_in(operation, "requestBody");
  if (described.empty()) {
    return {};
  }
  const json::object& media = media_in(described);
  const json::object& schema = object_in(media, "schema");
  return "<h4>Request body <small>" + schemas.type(schema) + "</small></h4>" +
         describe_in_html(text_in(described, "description")) +
         schemas.members(schema, references::followed);
}

std::string shell_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char letter : text) {
    letter == '\'' ? static_cast<void>(quoted.append("'\\''")) : quoted.push_back(letter);
  }
  return quoted + "'";
}

/// A command that can be run once the variables are set and what is in braces is filled in.
std::string command(const documented_operation& operation) {
  std::string text = "curl";
  if (operation.method != "GET") {
    text += " -X " + operation.method;
  }
  text += fmt::format(" \"$TALARIA{}\"", operation.path);
  if (!scope_of(*operation.described).empty()) {
    text += " \\\n  -H \"Authorization: Bearer $KEY\"";
  }
  const json::object& media = media_in(object_in(*operation.described, "requestBody"));
  if (const json::value* shown = media.if_contains("example")) {
    text +=
        " \\\n  -H 'Content-Type: application/json' \\\n  -d " + shell_quoted(pretty_json(*shown));
  }
  return "<h4>Example</h4><pre><code>" + escape_html(text) + "</code></pre>";
}

std::string headers(const json::object& response) {
  std::string html;
  for (const auto& [name, value] : object_in(response, "headers")) {
    html.append(html.empty() ? "<p>Headers: " : ", ");
    html.append("<code>").append(escape_html(name)).append("</code>");
  }
  return html.empty() ? html : html + "</p>";
}

std::string response_body(const json::object& response, const reference_schema& schemas) {
  const json::object& media = media_in(response);
  if (media.empty()) {
    return "<p>No body.</p>";
  }
  const json::object& schema = object_in(media, "schema");
  std::string html = fmt::format("<p><code>{}</code>: {}</p>", escape_html(media_type_in(response)),
                                 schemas.type(schema));
  if (!schema.contains("$ref")) {
    html += schemas.members(schema, references::linked);
  }
  return html + example(media);
}

std::string response(std::string_view status, const json::object& described,
                     const reference_schema& schemas) {
  const json::object& response = schemas.resolve(described);
  const bool succeeded = status.starts_with('2');
  // A paragraph cannot be in a summary.
  std::string summary = describe_in_html(text_in(response, "description"));
  summary = summary.substr(3, summary.find("</p>") - 3);
  return fmt::format(R"(<details{}><summary><span class="status s{}">{}</span><span>{}</span>)"
                     "</summary><div>{}{}</div></details>",
                     succeeded ? " open" : "", status.substr(0, 1), escape_html(status), summary,
                     response_body(response, schemas), headers(response));
}

std::string responses(const json::object& operation, const reference_schema& schemas) {
  std::string html = "<h4>Responses</h4>";
  for (const auto& [status, described] : object_in(operation, "responses")) {
    html += response(status, described.as_object(), schemas);
  }
  return html;
}

}  // namespace

std::vector<documented_operation> operations_of(const json::object& document) {
  static constexpr std::array methods{"get", "post", "put", "patch", "delete"};
  std::vector<documented_operation> found;
  for (const auto& [path, item] : object_in(document, "paths")) {
    for (const auto& [method, described] : item.as_object()) {
      if (std::find(methods.begin(), methods.end(), method) == methods.end()) {
        continue;
      }
      std::string name(method);
      for (char& letter : name) {
        letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
      }
      found.push_back({std::move(name), path, &described.as_object()});
    }
  }
  return found;
}

std::string method_mark(std::string_view method) {
  std::string kind(method);
  for (char& letter : kind) {
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return fmt::format(R"(<span class="method {}">{}</span>)", kind, method);
}

std::string operation_article(const documented_operation& operation,
                              const reference_schema& schemas) {
  const json::object& described = *operation.described;
  return fmt::format(R"(<article id="{}">)", escape_html(text_in(described, "operationId"))) +
         heading(operation) + description_of(described) + parameters(described, schemas) +
         body(described, schemas) + command(operation) + responses(described, schemas) +
         "</article>";
}

}  // namespace talaria::http
