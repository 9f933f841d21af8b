#pragma once

/// The address at which participants reach the study.

#include <cstdint>
#include <optional>
#include <string>

#include "host/config/host_config.hpp"

namespace tellina {

/// Returns the expected form of `server.public_url`, or nothing if the text is an http or https URL without a query and
/// a fragment, whose path is `base_path` ("/study") unless that is empty.
std::optional<std::string> find_public_url_fault(const std::string& text, const std::string& base_path);

/// "http://127.0.0.1:10411", or "https" with a certificate; an IPv6 address is in brackets.
std::string server_url(const ServerConfig& config, const std::string& address, std::uint16_t port);

/// "host" or "host:port" of an http or https URL; empty if `url` is empty.
std::string host_of_url(const std::string& url);

/// The beginning of links, without a final slash: `server.public_url` or, if that is empty, an address at which other
/// machines reach a server that listens on `address` and `port`.
std::string study_url(const ServerConfig& config, const std::string& address, std::uint16_t port);

/// "http://127.0.0.1:10411/join?PROLIFIC_PID=ID", with the word ID where the link needs a value;
/// `url` as returned by study_url().
std::string open_link(const std::string& url, const OpenLink& link);

/// "http://127.0.0.1:10411/?access_code=bob"; `url` as returned by study_url().
std::string participant_link(const std::string& url, const std::string& access_code);

}  // namespace tellina
