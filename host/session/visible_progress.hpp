#pragma once

/// How much of a check's result a client may see.

#include <optional>

#include "host/study/progress.hpp"
#include "host/study/task.hpp"
#include "host/wire/server_frames.hpp"

namespace tellina {

/// The part of a check's result that the task's feedback level shows; nothing if the client gets no frame.
std::optional<ProgressFrame> visible_progress(const Progress& progress, const Task& task);

}  // namespace tellina
