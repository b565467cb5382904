#pragma once

#include "http/reference_schema.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace talaria::http {

/// An operation of an OpenAPI document, which must outlive it.
struct documented_operation {
  /// In capitals.
  std::string method;
  std::string_view path;
  const boost::json::object* described = nullptr;
};

/// In the order of the document.
std::vector<documented_operation> operations_of(const boost::json::object& document);

/// The method as a piece of HTML, for lists and headings.
std::string method_mark(std::string_view method);

/// All there is to know of an operation: what it needs, takes and answers, with an example to run.
std::string operation_article(const documented_operation& operation,
                              const reference_schema& schemas);

}  // namespace talaria::http
