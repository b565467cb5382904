#pragma once

#include "domain/id.hpp"
#include "domain/time.hpp"
#include "persistence/sql/dialect.hpp"

#include <soci/soci.h>

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace talaria::persistence::sql {

/// A payload as it is read; writers of events bind theirs by themselves.
struct payload {
  std::string bytes;
};

/// The fan-out of an event.
struct fan_out {
  std::vector<subscription_number> numbers;
};

/// How a value of ours becomes one that SOCI binds, and the other way round: times are microseconds
/// since 1970, enumerations their numbers, absent values NULL; ids and payloads are what the
/// dialect makes of them.
///
/// Not `soci::type_conversion`, which knows one form for all databases.
template <class Value>
struct column;

template <>
struct column<std::string> {
  using base = std::string;
  static void read(const dialect& /*speaks*/, base& in, std::string& out) { out = std::move(in); }
  static void write(const dialect& /*speaks*/, const std::string& in, base& out) { out = in; }
};

template <std::integral Number>
struct column<Number> {
  using base = long long;
  static void read(const dialect& /*speaks*/, base in, Number& out) {
    if constexpr (std::same_as<Number, bool>)
      out = in != 0;
    else
      out = static_cast<Number>(in);
  }
  static void write(const dialect& /*speaks*/, Number in, base& out) {
    out = static_cast<base>(in);
  }
};

template <class Enum>
requires std::is_enum_v<Enum>
struct column<Enum> {
  using base = long long;
  static void read(const dialect& /*speaks*/, base in, Enum& out) { out = static_cast<Enum>(in); }
  static void write(const dialect& /*speaks*/, Enum in, base& out) { out = static_cast<base>(in); }
};

template <>
struct column<timestamp> {
  using base = long long;
  static void read(const dialect& /*speaks*/, base in, timestamp& out) {
    out = timestamp{std::chrono::microseconds{in}};
  }
  static void write(const dialect& /*speaks*/, timestamp in, base& out) {
    out = in.time_since_epoch().count();
  }
};

template <>
struct column<std::chrono::milliseconds> {
  using base = long long;
  static void read(const dialect& /*speaks*/, base in, std::chrono::milliseconds& out) {
    out = std::chrono::milliseconds{in};
  }
  static void write(const dialect& /*speaks*/, std::chrono::milliseconds in, base& out) {
    out = in.count();
  }
};

template <>
struct column<domain::uuid> {
  using base = std::string;
  static void read(const dialect& speaks, const base& in, domain::uuid& out) {
    out = speaks.read_id(in);
  }
  static void write(const dialect& speaks, const domain::uuid& in, base& out) {
    out = speaks.to_stored(in);
  }
};

template <class Tag>
struct column<domain::strong_id<Tag>> {
  using base = std::string;
  static void read(const dialect& speaks, const base& in, domain::strong_id<Tag>& out) {
    out.value = speaks.read_id(in);
  }
  static void write(const dialect& speaks, const domain::strong_id<Tag>& in, base& out) {
    out = speaks.to_stored(in.value);
  }
};

template <>
struct column<payload> {
  using base = std::string;
  static void read(const dialect& speaks, base& in, payload& out) {
    out.bytes = speaks.read_payload(std::move(in));
  }
};

template <>
struct column<fan_out> {
  using base = std::string;
  static void read(const dialect& speaks, const base& in, fan_out& out) {
    out.numbers = speaks.read_numbers(in);
  }
  static void write(const dialect& speaks, const fan_out& in, base& out) {
    out = speaks.to_stored(in.numbers);
  }
};

/// A column's or parameter's place in memory while its statement lives.
template <class Value>
struct bound {
  typename column<Value>::base base{};
  soci::indicator present = soci::i_ok;

  void read(const dialect& speaks, Value& out) { column<Value>::read(speaks, base, out); }
  void write(const dialect& speaks, const Value& in) { column<Value>::write(speaks, in, base); }
};

template <class Value>
struct bound<std::optional<Value>> {
  typename column<Value>::base base{};
  soci::indicator present = soci::i_null;

  void read(const dialect& speaks, std::optional<Value>& out) {
    out.reset();
    if (present != soci::i_null)
      column<Value>::read(speaks, base, out.emplace());
  }
  void write(const dialect& speaks, const std::optional<Value>& in) {
    present = in ? soci::i_ok : soci::i_null;
    if (in)
      column<Value>::write(speaks, *in, base);
  }
};

}  // namespace talaria::persistence::sql
