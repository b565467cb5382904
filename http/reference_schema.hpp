#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace talaria::http {

/// Shows JSON Schemas to people, in HTML: as many of their words as our OpenAPI document uses.
class reference_schema {
public:
  enum class references {
    linked,    ///< what a schema refers to is only named
    followed,  ///< and shown, where it has members of its own
  };

  /// @param document The whole one, which must outlive this.
  explicit reference_schema(const boost::json::object& document) : document_(document) {}

  /// What `$ref` names, or the object itself.
  const boost::json::object& resolve(const boost::json::object& described) const;

  /// In a few words, such as `array of string`.
  std::string type(const boost::json::object& schema) const;
  /// All that narrows the type; may be empty.
  std::string bounds(const boost::json::object& schema) const;
  /// The members of an object, of a list's elements, or of each form that a value may have; empty
  /// for other values.
  std::string members(const boost::json::object& schema, references how) const;

private:
  using names = std::vector<std::string_view>;

  std::string members(const boost::json::object& schema, references how, const names& within) const;
  std::string member(std::string_view name, const boost::json::object& schema, bool required,
                     references how, const names& within) const;
  std::string forms(const boost::json::object& schema, references how, const names& within) const;
  std::string any_type(const boost::json::array& forms) const;
  /// Of elements, names and values.
  std::string bounds_of_parts(const boost::json::object& schema) const;

  const boost::json::object& document_;
};

/// A member of an object as these pages need them: the empty one if it is not there.
std::string_view text_in(const boost::json::object& object, std::string_view name);
const boost::json::object& object_in(const boost::json::object& object, std::string_view name);
const boost::json::array& array_in(const boost::json::object& object, std::string_view name);

/// Where a schema of the document is shown.
std::string schema_anchor(std::string_view name);

}  // namespace talaria::http
