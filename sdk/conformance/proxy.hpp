#pragma once

/// Stands between a channel layer and its server, and disturbs their connections.

#include <memory>
#include <string>

#include "peer.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/conformance/case.hpp"

namespace tellina::conformance {

/// Runs in a process of its own. Create it before this process has a plugin.
class Proxy {
 public:
  /// Throws Skip if the subject names no server.
  explicit Proxy(Probe& probe);
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;
  ~Proxy();

  /// A layer whose settings name the proxy instead of the server.
  std::unique_ptr<ChannelLayer> make_layer();

  // Each call returns when it is done.

  /// Ends all connections. The server still accepts new ones.
  void drop() { order("drop"); }
  /// Ends all connections and refuses new ones.
  void cut() { order("cut"); }
  /// Passes nothing on and ends no connection, as a server that hangs.
  void stall() { order("stall"); }
  /// Passes on what the layer says, and not what the server answers.
  void mute() { order("mute"); }
  /// Passes everything on again.
  void pass() { order("pass"); }

 private:
  void order(const std::string& word);

  Probe& m_probe;
  Peer m_peer;
  std::string m_address;
};

}  // namespace tellina::conformance
