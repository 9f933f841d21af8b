#include "host/wire/server_frames.hpp"

#include "host/wire/frame_fields.hpp"

namespace tellina {
namespace {

std::string id_member(const RequestId& id) { return id.empty() ? "" : ",\"id\":" + id; }

}  // namespace

std::string welcome_frame(const RequestId& id, const std::string& stream, const std::string& sandbox,
                          std::uint64_t input_offset, std::uint64_t output_offset, std::uint64_t answered_offset,
                          const std::string& state) {
  return "{\"type\":\"welcome\"" + id_member(id) + ",\"stream\":" + quote_json(stream) +
         (stream.empty() ? "" : ",\"sandbox\":" + quote_json(sandbox)) +
         ",\"input_offset\":" + std::to_string(input_offset) + ",\"output_offset\":" + std::to_string(output_offset) +
         ",\"answered_offset\":" + std::to_string(answered_offset) + ",\"state\":" + state + "}";
}

std::string state_frame(const std::string& state) { return "{\"type\":\"state\",\"state\":" + state + "}"; }

std::string input_ack_frame(std::uint64_t input_offset) {
  return "{\"type\":\"input_ack\",\"input_offset\":" + std::to_string(input_offset) + "}";
}

std::string progress_frame(const ProgressFrame& progress) {
  return "{\"type\":\"progress\",\"matched\":" + std::to_string(progress.matched) +
         ",\"missing\":" + std::to_string(progress.missing) + ",\"extra\":" + std::to_string(progress.extra) +
         ",\"incorrect\":" + std::to_string(progress.incorrect) + ",\"detail\":" + progress.detail + "}";
}

std::string sandbox_replaced_frame(const std::string& sandbox) {
  return "{\"type\":\"sandbox_replaced\",\"sandbox\":" + quote_json(sandbox) + "}";
}

std::string done_frame(const RequestId& id, const std::string& sandbox) {
  return "{\"type\":\"done\"" + id_member(id) + (sandbox.empty() ? "" : ",\"sandbox\":" + quote_json(sandbox)) + "}";
}

std::string replaced_frame() { return "{\"type\":\"replaced\"}"; }

std::string error_frame(std::string_view code, std::string_view message, const RequestId& id,
                        std::string_view reference) {
  return "{\"type\":\"error\",\"code\":" + quote_json(code) + ",\"message\":" + quote_json(message) + id_member(id) +
         (reference.empty() ? "" : ",\"reference\":" + quote_json(reference)) + "}";
}

std::string pong_frame(const std::string& t, std::uint64_t input_offset, std::uint64_t output_offset,
                       std::int64_t state_number) {
  return "{\"type\":\"pong\",\"t\":" + t + ",\"input_offset\":" + std::to_string(input_offset) +
         ",\"output_offset\":" + std::to_string(output_offset) + ",\"state_number\":" + std::to_string(state_number) +
         "}";
}

}  // namespace tellina
