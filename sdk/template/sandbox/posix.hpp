#pragma once

/// Errors of system calls as text.

#include <unistd.h>

#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "tellina/descriptor.hpp"
#include "tellina/error.hpp"

namespace local_sandbox {

using tellina::Descriptor;

/// "WHAT: No such file or directory". Without `code`, the errno determines the code.
inline tellina::Error system_error(const std::string& what, int error_number, std::string hint = {},
                                   std::optional<tellina::ErrorCode> code = {}) {
  using tellina::ErrorCode;
  if (!code) {
    switch (error_number) {
      case EACCES:
      case EPERM:
        code = ErrorCode::permission_denied;
        break;
      case ENOENT:
      case ENOTDIR:
        code = ErrorCode::not_found;
        break;
      case EAGAIN:
      case EMFILE:
      case ENFILE:
      case ENOMEM:
      case ENOSPC:
        code = ErrorCode::busy;
        break;
      default:
        code = ErrorCode::internal;
        break;
    }
  }
  return tellina::Error(*code, what + ": " + std::generic_category().message(error_number), std::move(hint));
}

}  // namespace local_sandbox
