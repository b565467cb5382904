#include "persistence/postgres/event_rows.hpp"

#include "persistence/sql/subscription_numbers.hpp"
#include "persistence/sql/trace_columns.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace talaria::persistence::postgres {

namespace {

void add_text(array_parameter& to, const std::optional<std::string>& text) {
  if (text)
    to.add(std::string_view{*text});
  else
    to.add_null();
}

}  // namespace

std::string insert_sql(bool stored_before, places given) {
  const bool has_places = given == places::some;
  // An event that is stored already keeps its deliveries: they may have ended since. It is locked,
  // so that there is something to commit: only such a commit waits for standbys, and the one that
  // stored the event may have been ended before any of them had it.
  return fmt::format(
      R"(
      with current as materialized (select from catalog_revision where revision <= $17::int8),
      stored as (
        insert into events(id, application_id, received_us, occurred_us, priority, event_type,
                           labels, fan_out, payload, traceparent, tracestate)
        select id, application_id, received_us, occurred_us, priority, event_type, labels,
               fan_out::int[], payload, traceparent, tracestate
        from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::int8[], $5::int2[], $6::text[],
                    $7::text[], $8::text[], $9::bytea[], $15::text[], $16::text[])
          as added(id, application_id, received_us, occurred_us, priority, event_type, labels,
                   fan_out, payload, traceparent, tracestate)
        where exists (select from current)
        {0}),
      queued as (
        insert into delivery_queue(subscription, event_id, due_us, shard, priority{2}, attempts,
                                   run_attempts)
        select subscription, event_id, due_us, shard, priority{2}, 0, 0
        from unnest($10::int4[], $11::uuid[], $12::int8[], $13::int2[], $14::int2[]{3})
          as pending(subscription, event_id, due_us, shard, priority{2})
        where exists (select from current) {1})
      select count(*) from current)",
      stored_before
          ? "on conflict (id) do update set fan_out = events.fan_out where false returning id"
          : "",
      stored_before ? "and event_id in (select id from stored)" : "",
      has_places ? ", sequence" : "", has_places ? ", $18::int8[]" : "");
}

void event_rows::add(const new_event& added, payload_encoder& encoder, place_giver& giver) {
  add(added, encoder);
  for (const auto& target : added.fan_out) {
    if (const auto place = giver.next(target))
      pending_sequence_.add(*place);
    else
      pending_sequence_.add_null();
  }
}

void event_rows::add(const new_event& added, payload_encoder& encoder) {
  const auto& event = *added.event;
  id_.add(event.id.value);
  application_.add(event.application.value);
  received_.add(event.received_at);
  occurred_.add(event.occurred_at);
  priority_.add(static_cast<std::int16_t>(event.priority));
  type_.add(std::string_view{event.type});
  labels_.add(std::string_view{domain::to_json(event.labels)});
  fan_out_.add(std::string_view{
      sql::write_subscription_numbers(sql::numbers_of(added.fan_out), {'{', '}'})});
  payload_.add(encoder.encode(event.payload));
  add_trace(event);
  for (const auto& target : added.fan_out) {
    pending_subscription_.add(static_cast<std::int32_t>(domain::to_integer(target.subscription)));
    pending_event_.add(event.id.value);
    pending_due_.add(event.received_at);
    pending_shard_.add(static_cast<std::int16_t>(target.shard));
    pending_priority_.add(static_cast<std::int16_t>(target.priority.value_or(event.priority)));
  }
}

bool event_rows::insert(native_statement& statement, std::int64_t catalog_revision, places given) {
  const auto revision = to_parameter(catalog_revision);
  const std::array<std::string_view, 18> parameters{id_.finish(),
                                                    application_.finish(),
                                                    received_.finish(),
                                                    occurred_.finish(),
                                                    priority_.finish(),
                                                    type_.finish(),
                                                    labels_.finish(),
                                                    fan_out_.finish(),
                                                    payload_.finish(),
                                                    pending_subscription_.finish(),
                                                    pending_event_.finish(),
                                                    pending_due_.finish(),
                                                    pending_shard_.finish(),
                                                    pending_priority_.finish(),
                                                    traceparent_.finish(),
                                                    tracestate_.finish(),
                                                    revision,
                                                    pending_sequence_.finish()};
  const auto used = given == places::some ? parameters.size() : parameters.size() - 1;
  return statement(std::span{parameters}.first(used)).number(0, 0) != 0;
}

void event_rows::add_trace(const domain::event& event) {
  const auto [parent, state] = sql::write_trace(event.trace);
  add_text(traceparent_, parent);
  add_text(tracestate_, state);
}

}  // namespace talaria::persistence::postgres
