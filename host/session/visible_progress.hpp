#pragma once

/// How much of a check a client may know.

#include <optional>

#include "host/study/progress.hpp"
#include "host/study/task.hpp"
#include "host/wire/server_frames.hpp"

namespace tellina {

/// What the task's feedback level shows of a check; nothing where the client gets no frame at all.
std::optional<ProgressFrame> visible_progress(const Progress& progress, const Task& task);

}  // namespace tellina
