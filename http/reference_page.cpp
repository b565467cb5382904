#include "http/reference_page.hpp"

#include "domain/base64.hpp"
#include "http/html.hpp"
#include "http/reference_assets.hpp"
#include "http/reference_operation.hpp"
#include "http/reference_schema.hpp"
#include "http/sha256.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <cctype>
#include <vector>

namespace talaria::http {
namespace {

namespace json = boost::json;

std::string hash_source(std::string_view asset) {
  const sha256_digest digest = sha256({asset});
  const std::string bytes(digest.begin(), digest.end());
  return "'sha256-" + domain::to_base64(bytes) + "'";
}

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& letter : made) {
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return made;
}

struct tag_operations {
  std::string tag;
  std::vector<documented_operation> operations;
};

/// In the order of the document's tags.
std::vector<tag_operations> by_tag(const json::object& document) {
  std::vector<tag_operations> grouped;
  for (const json::value& tag : array_in(document, "tags")) {
    tag_operations group{std::string(text_in(tag.as_object(), "name")), {}};
    for (const documented_operation& operation : operations_of(document)) {
      if (array_in(*operation.described, "tags").at(0).as_string() == group.tag) {
        group.operations.push_back(operation);
      }
    }
    grouped.push_back(std::move(group));
  }
  return grouped;
}

/// What the filter looks at.
std::string search_text(const documented_operation& operation) {
  return escape_html(lower(fmt::format("{} {} {} {}", operation.method, operation.path,
                                       text_in(*operation.described, "summary"),
                                       text_in(*operation.described, "operationId"))));
}

std::string list_entry(const documented_operation& operation) {
  return fmt::format(
      R"(<li data-text="{}"><a href="#{}">{}<span>{}</span></a></li>)", search_text(operation),
      escape_html(text_in(*operation.described, "operationId")), method_mark(operation.method),
      escape_html(text_in(*operation.described, "summary")));
}

std::string schema_entry(std::string_view name) {
  return fmt::format(R"(<li data-text="schema {0}"><a href="#{1}"><span>{2}</span></a></li>)",
                     escape_html(lower(name)), schema_anchor(name), escape_html(name));
}

std::string navigation(const json::object& document, const std::vector<tag_operations>& groups) {
  const json::object& info = object_in(document, "info");
  std::string html = fmt::format(
      R"(<nav aria-label="Operations"><p class="name"><a href="#top">{}</a> <small>{}</small></p>)"
      R"(<input id="filter" type="search" placeholder="Filter: press /" aria-label="Filter" hidden>)"
      R"(<p class="none" id="none" hidden>Nothing matches.</p>)",
      escape_html(text_in(info, "title")), escape_html(text_in(info, "version")));
  for (const tag_operations& group : groups) {
    html += "<section><h2>" + escape_html(group.tag) + "</h2><ul>";
    for (const documented_operation& operation : group.operations) {
      html += list_entry(operation);
    }
    html += "</ul></section>";
  }
  html += "<section><h2>Schemas</h2><ul>";
  for (const auto& [name, schema] : object_in(object_in(document, "components"), "schemas")) {
    html += schema_entry(name);
  }
  return html + "</ul></section></nav>";
}

std::string authentication(const json::object& document) {
  std::string html = R"(<h2 id="authentication">Authentication</h2><dl class="fields">)";
  for (const auto& [name, value] :
       object_in(object_in(document, "components"), "securitySchemes")) {
    const json::object& scheme = value.as_object();
    const bool bearer = text_in(scheme, "scheme") == "bearer";
    html += fmt::format("<div><dt><code>{}: {}</code></dt><dd>{}</dd></div>",
                        bearer ? "Authorization" : escape_html(text_in(scheme, "name")),
                        bearer ? "Bearer &lt;key&gt;" : "&lt;key&gt;",
                        describe_in_html(text_in(scheme, "description")));
  }
  return html + "</dl>";
}

std::string introduction(const json::object& document) {
  const json::object& info = object_in(document, "info");
  return fmt::format(
      R"(<header id="top"><h1>{} API</h1><p class="lead">{}</p>{})"
      R"(<p>The same as <a href="/openapi.json">an OpenAPI document</a>, for programs.</p>{}</header>)",
      escape_html(text_in(info, "title")), escape_html(text_in(info, "summary")),
      describe_in_html(text_in(info, "description")), authentication(document));
}

std::string schema_article(std::string_view name, const json::object& schema,
                           const reference_schema& schemas) {
  std::string html = fmt::format(R"(<article id="{0}"><h3><a href="#{0}">{1}</a></h3>)",
                                 schema_anchor(name), escape_html(name));
  html += R"(<p class="type">)" + schemas.type(schema) + "</p>";
  html += describe_in_html(text_in(schema, "description"));
  if (const std::string bounds = schemas.bounds(schema); !bounds.empty()) {
    html += R"(<p class="bounds">)" + bounds + "</p>";
  }
  return html + schemas.members(schema, reference_schema::references::linked) + "</article>";
}

std::string content(const json::object& document, const std::vector<tag_operations>& groups) {
  const reference_schema schemas(document);
  std::string html = R"(<main id="content">)" + introduction(document);
  for (const tag_operations& group : groups) {
    html += fmt::format("<section><h2>{}</h2>", escape_html(group.tag));
    for (const documented_operation& operation : group.operations) {
      html += operation_article(operation, schemas);
    }
    html += "</section>";
  }
  html += "<section><h2>Schemas</h2>";
  for (const auto& [name, schema] : object_in(object_in(document, "components"), "schemas")) {
    html += schema_article(name, schema.as_object(), schemas);
  }
  return html + "</section></main>";
}

std::string head(const json::object& document) {
  return fmt::format(
      R"(<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{} API</title>)"
      R"(<meta name="viewport" content="width=device-width, initial-scale=1">)"
      "<style>{}</style></head>",
      escape_html(text_in(object_in(document, "info"), "title")), reference_style());
}

}  // namespace

reference_page render_reference(std::string_view openapi) {
  const json::value parsed = json::parse(openapi);
  const json::object& document = parsed.as_object();
  const auto groups = by_tag(document);
  return {.html = head(document) +
                  R"(<body><a class="skip" href="#content">Skip to the operations</a>)" +
                  navigation(document, groups) + content(document, groups) + "<script>" +
                  std::string(reference_script()) + "</script></body></html>\n",
          .content_security_policy =
              fmt::format("default-src 'none'; style-src {}; script-src {}; base-uri 'none'; "
                          "form-action 'none'; frame-ancestors 'none'",
                          hash_source(reference_style()), hash_source(reference_script()))};
}

}  // namespace talaria::http
