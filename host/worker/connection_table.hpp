#pragma once

/// The connections of a lane, and those that have ended and whose gateway may not know it.

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
  /// With `gateways_are_remote`, a layer may lose messages and a gateway may die: ends are reported again where
  /// something arrives on an ended connection, and gateways are watched.
  ConnectionTable(Outbox& outbox, const Clock& clock, bool gateways_are_remote);

  /// Null for an unknown id.
  WorkerConnection* find(const std::string& id) const;
  /// The id must be new.
  WorkerConnection& add(std::unique_ptr<WorkerConnection> connection);
  /// The connection has ended. It is remembered while its gateway may not know that.
  void remove(const std::string& id);
  /// Another worker has the connection now.
  void forget(const std::string& id);
  std::size_t size() const { return m_open.size(); }

  template <typename Call>
  void for_each(Call call) const {
    for (const auto& [id, connection] : m_open) call(*connection);
  }

  // Ends.

  /// Something arrived on a connection that is not open: reports its end again, if it is remembered.
  void repeat_end(const std::string& id);
  /// The gateway knows.
  void confirm_end(const std::string& id);
  /// Tries again to report the ends that the layer refused, and forgets those of more than a minute ago.
  void report_ends();

  // Gateways.

  /// A gateway has asked something: it is alive. Gateways without connections are not watched.
  void hear_from(const std::string& gateway);
  /// Ids of the connections of remote gateways that have been silent for more than 5 s. Each gateway is named once.
  std::vector<std::string> take_lost();

  /// Of all connections so far.
  std::uint64_t overtakings() const;

  void check_invariant() const;

 private:
  struct End {
    ChannelName gateway;
    Message message;
    MonotonicTime since{};
    bool is_reported = false;  ///< the layer has taken the message, and may lose it
  };

  void report(End& end);

  Outbox& m_outbox;
  const Clock& m_clock;
  const bool m_gateways_are_remote;
  std::unordered_map<std::string, std::unique_ptr<WorkerConnection>> m_open;
  std::map<std::string, End> m_ends;
  std::map<std::string, MonotonicTime> m_heard;  ///< per channel of a remote gateway
  std::uint64_t m_overtakings = 0;               ///< of connections that have been removed
};

}  // namespace tellina
