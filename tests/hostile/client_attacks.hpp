#pragma once

/// Attacks of a client that opens its own sockets. Each returns a remark for the report, or throws std::runtime_error.

#include <string>

namespace tellina::hostile {

class ClientAttack;

std::string visit_again_and_again(ClientAttack& attack);
std::string fight_over_terminal(ClientAttack& attack);
std::string type_at_full_speed(ClientAttack& attack);
std::string run_commands_at_full_speed(ClientAttack& attack);
std::string resize_at_full_speed(ClientAttack& attack);
std::string greet_at_full_speed(ClientAttack& attack);
std::string ping_at_full_speed(ClientAttack& attack);
std::string reset_at_full_speed(ClientAttack& attack);
std::string log_in_at_full_speed(ClientAttack& attack);
std::string guess_codes(ClientAttack& attack);
std::string observe_at_full_speed(ClientAttack& attack);
std::string send_nonsense(ClientAttack& attack);
std::string leave_requests_unfinished(ClientAttack& attack);
std::string open_many_web_sockets(ClientAttack& attack);
std::string never_read(ClientAttack& attack);
std::string print_everything(ClientAttack& attack);
std::string guess_codes_from_everywhere(ClientAttack& attack);
std::string send_requests_with_two_ends(ClientAttack& attack);
std::string come_from_elsewhere(ClientAttack& attack);
std::string try_cookies(ClientAttack& attack);
std::string look_as_another_user(ClientAttack& attack);

}  // namespace tellina::hostile
