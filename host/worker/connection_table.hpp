#pragma once

/// A lane's connections, and the ended ones whose end their gateway may not know.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/worker/worker_connection.hpp"
#include "tellina/clock.hpp"

namespace tellina {

/// Threads: the loop's.
class ConnectionTable {
 public:
  /// `gateways_are_remote`: a layer may lose messages and a gateway may die. So the table reports an end again if a
  /// message arrives on an ended connection, and it watches the gateways.
  ConnectionTable(Outbox& outbox, const Clock& clock, bool gateways_are_remote);

  /// Null for an unknown id.
  WorkerConnection* find(const std::string& id) const;
  /// The id must be new.
  WorkerConnection& add(std::unique_ptr<WorkerConnection> connection);
  /// The connection has ended. The table remembers the end while its gateway may not know it.
  void remove(const std::string& id);
  /// Another worker has the connection now.
  void forget(const std::string& id);
  std::size_t size() const { return m_open.size(); }

  template <typename Call>
  void for_each(Call call) const {
    for (const auto& [id, connection] : m_open) call(*connection);
  }

  // Ends.

  /// A message arrived on a connection that is not open. If its end is remembered, reports it again.
  void repeat_end(const std::string& id);
  /// The gateway knows about the end.
  void confirm_end(const std::string& id);
  /// Retries the ends that the layer refused, and forgets those older than a minute.
  void report_ends();

  // Gateways.

  /// A request from a gateway shows that it is alive. Gateways without connections are not watched.
  void note_request_of(const std::string& gateway);
  /// Ids of the connections of remote gateways that have been silent for more than 5 s. Returns each gateway only once.
  std::vector<std::string> take_silent();

  /// Summed over all connections so far.
  std::uint64_t overtakings() const;

  void check_invariant() const;

 private:
  struct End {
    ChannelName gateway;
    Message message;
    MonotonicTime since{};
    bool is_reported = false;  ///< the layer has accepted the message, but may lose it
  };

  void report(End& end);

  Outbox& m_outbox;
  const Clock& m_clock;
  const bool m_gateways_are_remote;
  std::unordered_map<std::string, std::unique_ptr<WorkerConnection>> m_open;
  std::map<std::string, End> m_ends;
  std::map<std::string, MonotonicTime> m_last_seen;  ///< per channel of a remote gateway: its last request
  std::uint64_t m_overtakings = 0;                   ///< of connections that have been removed
};

}  // namespace tellina
