#pragma once

#include "persistence/event_appender.hpp"
#include "persistence/postgres/native_statement.hpp"
#include "persistence/postgres/payload_encoding.hpp"
#include "persistence/postgres/place_giver.hpp"

#include <cstdint>
#include <string>

namespace talaria::persistence::postgres {

enum class places : std::uint8_t { none, some };

/// @param stored_before Whether some of the events may be stored already.
/// @param given Whether some of the deliveries have places in an order: then they are the last
/// parameter.
std::string insert_sql(bool stored_before, places given);

/// The rows of events and of their pending deliveries, as parameters of `insert_sql`.
class event_rows {
public:
  void add(const new_event& added, payload_encoder& encoder, place_giver& giver);
  void add(const new_event& added, payload_encoder& encoder);

  /// @param given As the statement was made with.
  /// @returns whether the catalogue has no newer revision; if it has, nothing was inserted.
  /// @throws soci::soci_error
  bool insert(native_statement& statement, std::int64_t catalog_revision, places given);

private:
  using type = array_parameter::type;

  void add_trace(const domain::event& event);

  array_parameter id_{type::uuid};
  array_parameter application_{type::uuid};
  array_parameter received_{type::int8};
  array_parameter occurred_{type::int8};
  array_parameter priority_{type::int2};
  array_parameter type_{type::text};
  array_parameter labels_{type::text};
  array_parameter fan_out_{type::text};
  array_parameter payload_{type::bytes};
  array_parameter traceparent_{type::text};
  array_parameter tracestate_{type::text};
  array_parameter pending_subscription_{type::int4};
  array_parameter pending_event_{type::uuid};
  array_parameter pending_due_{type::int8};
  array_parameter pending_shard_{type::int2};
  array_parameter pending_priority_{type::int2};
  array_parameter pending_sequence_{type::int8};
};

}  // namespace talaria::persistence::postgres
