#include "bench/store/postgresql_connection.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace talaria::bench {

postgresql_connection::postgresql_connection(const std::string& url)
    : connection_{PQconnectdb(url.c_str())} {
  if (PQstatus(connection_.get()) != CONNECTION_OK)
    throw std::runtime_error(fmt::format("PostgreSQL: {}", PQerrorMessage(connection_.get())));
}

postgresql_connection::result postgresql_connection::checked(PGresult* answered) const {
  result owned{answered};
  const auto status = PQresultStatus(answered);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw std::runtime_error(fmt::format("PostgreSQL: {}", PQerrorMessage(connection_.get())));
  return owned;
}

std::string postgresql_connection::run(const std::string& sql) {
  const auto rows = checked(PQexec(connection_.get(), sql.c_str()));
  return PQntuples(rows.get()) > 0 ? PQgetvalue(rows.get(), 0, 0) : "";
}

void postgresql_connection::prepare(const char* sql) {
  checked(PQprepare(connection_.get(), "", sql, 0, nullptr));
}

void postgresql_connection::execute(const std::vector<std::string>& parameters) {
  constexpr int binary = 1;
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const auto& parameter : parameters) {
    values.push_back(parameter.data());
    lengths.push_back(static_cast<int>(parameter.size()));
  }
  const std::vector<int> formats(parameters.size(), binary);
  checked(PQexecPrepared(connection_.get(), "", static_cast<int>(parameters.size()), values.data(),
                         lengths.data(), formats.data(), binary));
}

}  // namespace talaria::bench
