#pragma once

/// Creates certificates for tests.

#include <chrono>
#include <filesystem>
#include <string>

namespace tellina::testing {

/// Writes NAME.pem, a self-signed certificate of "localhost" and 127.0.0.1, and NAME.key, a new key, into the folder.
/// The certificate is valid from now on.
void write_certificate(const std::filesystem::path& folder, const std::string& name,
                       std::chrono::hours valid_from = std::chrono::hours(-1),
                       std::chrono::hours valid_to = std::chrono::hours(24));

}  // namespace tellina::testing
