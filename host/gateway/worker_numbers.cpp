#include "host/gateway/worker_numbers.hpp"

#include <boost/json/parse.hpp>

namespace tellina {

std::optional<WorkerNumbers> parse_worker_numbers(std::string_view text) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse({text.data(), text.size()}, error);
  const boost::json::object* object = error ? nullptr : value.if_object();
  if (!object) return std::nullopt;
  WorkerNumbers numbers;
  for (const auto& [name, number] : {std::pair{"connections", &numbers.connections},
                                     {"sessions", &numbers.sessions},
                                     {"messages", &numbers.messages},
                                     {"overtakings", &numbers.overtakings}}) {
    const boost::json::value* found = object->if_contains(name);
    if (!found) return std::nullopt;
    *number = found->to_number<std::int64_t>(error);
    if (error || *number < 0) return std::nullopt;
  }
  return numbers;
}

}  // namespace tellina
