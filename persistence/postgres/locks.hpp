#pragma once

/// Advisory locks, which the processes of one database share. Whoever needs several takes them in
/// this order.
namespace talaria::persistence::postgres {

/// Changes of the catalogue wait for each other.
inline constexpr auto begin_catalog_write = "begin; select pg_advisory_xact_lock(7306001)";
/// Makers and droppers of partitions wait for each other.
inline constexpr auto lock_partitions = "select pg_advisory_xact_lock(7306002)";
/// Of processes that migrate at once, one does it.
inline constexpr auto begin_migration = "begin; select pg_advisory_xact_lock(7306003)";

}  // namespace talaria::persistence::postgres
