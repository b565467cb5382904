#pragma once

#include "domain/id.hpp"
#include "domain/time.hpp"

#include <soci/soci.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <type_traits>

/// How our values become what SQLite stores: ids 16-byte blobs, times microseconds since 1970,
/// enumerations their numbers, absent values NULL.
///
/// SOCI binds a `std::string` as text, so a blob's parameter is written `cast(:p as blob)` in SQL.
namespace soci {

template <>
struct type_conversion<talaria::domain::uuid> {
  using base_type = std::string;

  static void from_base(const std::string& in, indicator /*present*/, talaria::domain::uuid& out) {
    if (in.size() != out.bytes.size())
      throw soci_error("an id has not 16 bytes");
    std::copy(in.begin(), in.end(), out.bytes.begin());
  }

  static void to_base(const talaria::domain::uuid& in, std::string& out, indicator& present) {
    out.assign(in.bytes.begin(), in.bytes.end());
    present = i_ok;
  }
};

template <class Tag>
struct type_conversion<talaria::domain::strong_id<Tag>> {
  using base_type = std::string;
  using bytes = type_conversion<talaria::domain::uuid>;

  static void from_base(const std::string& in, indicator present,
                        talaria::domain::strong_id<Tag>& out) {
    bytes::from_base(in, present, out.value);
  }

  static void to_base(const talaria::domain::strong_id<Tag>& in, std::string& out,
                      indicator& present) {
    bytes::to_base(in.value, out, present);
  }
};

template <>
struct type_conversion<talaria::domain::timestamp> {
  using base_type = long long;

  static void from_base(long long in, indicator /*present*/, talaria::domain::timestamp& out) {
    out = talaria::domain::timestamp{std::chrono::microseconds{in}};
  }

  static void to_base(talaria::domain::timestamp in, long long& out, indicator& present) {
    out = in.time_since_epoch().count();
    present = i_ok;
  }
};

template <>
struct type_conversion<std::chrono::milliseconds> {
  using base_type = long long;

  static void from_base(long long in, indicator /*present*/, std::chrono::milliseconds& out) {
    out = std::chrono::milliseconds{in};
  }

  static void to_base(std::chrono::milliseconds in, long long& out, indicator& present) {
    out = in.count();
    present = i_ok;
  }
};

template <class Enum>
struct type_conversion<Enum, std::enable_if_t<std::is_enum_v<Enum>>> {
  using base_type = long long;

  static void from_base(long long in, indicator /*present*/, Enum& out) {
    out = static_cast<Enum>(in);
  }

  static void to_base(Enum in, long long& out, indicator& present) {
    out = static_cast<long long>(in);
    present = i_ok;
  }
};

template <>
struct type_conversion<bool> {
  using base_type = int;

  static void from_base(int in, indicator /*present*/, bool& out) { out = in != 0; }

  static void to_base(bool in, int& out, indicator& present) {
    out = in ? 1 : 0;
    present = i_ok;
  }
};

template <class Value>
struct type_conversion<std::optional<Value>> {
  using base_type = typename type_conversion<Value>::base_type;

  static void from_base(const base_type& in, indicator present, std::optional<Value>& out) {
    if (present == i_null)
      out.reset();
    else
      type_conversion<Value>::from_base(in, present, out.emplace());
  }

  static void to_base(const std::optional<Value>& in, base_type& out, indicator& present) {
    present = i_null;
    if (in)
      type_conversion<Value>::to_base(*in, out, present);
  }
};

}  // namespace soci
