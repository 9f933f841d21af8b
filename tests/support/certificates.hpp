#pragma once

/// Certificates that a test makes for itself.

#include <chrono>
#include <filesystem>
#include <string>

namespace tellina::testing {

/// Writes NAME.pem, a certificate of "localhost" and 127.0.0.1 that signs itself, and NAME.key into the folder. The
/// key is a new one; the times are from now.
void write_certificate(const std::filesystem::path& folder, const std::string& name,
                       std::chrono::hours valid_from = std::chrono::hours(-1),
                       std::chrono::hours valid_to = std::chrono::hours(24));

}  // namespace tellina::testing
