#include "http/request_parser.hpp"

#include "http/chunk_scanner.hpp"

#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <limits>

namespace talaria::http {
namespace {

namespace beast_http = boost::beast::http;

std::string_view to_view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// RFC 9110, section 7.2, as far as names and addresses in use need it.
bool is_host(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~:[]%").find(c) != std::string_view::npos;
  });
}

}  // namespace

request_parser::request_parser(request& parsed, std::size_t head_bytes) : parsed_(parsed) {
  // `head_scanner` keeps the limits; the parser's own would only repeat them.
  header_limit(std::numeric_limits<std::uint32_t>::max());
  body_limit(std::numeric_limits<std::uint64_t>::max());
  eager(false);
  parsed_.headers.reserve(12);
  parse_head(head_bytes);
  in_trailer_ = true;
}

void request_parser::parse_head(std::size_t head_bytes) {
  error_code failure;
  std::size_t done = 0;
  while (!failure && !is_header_done() && done < head_bytes) {
    done += put({parsed_.head_bytes.view().data() + done, head_bytes - done}, failure);
  }
  if (failure || !is_header_done()) {
    refuse("The request is not well-formed HTTP/1.1: " + failure.message() + ".");
    return;
  }
  split_target();
  check_head();
}

void request_parser::check_head() {
  persistent_ = version_ == 11 && keep_alive();
  const std::size_t hosts = parsed_.header_count("Host");
  if (hosts > 1 || (hosts == 0 && version_ == 11)) {
    refuse("A request has exactly one Host header.");
  } else if (!is_host(parsed_.header("Host").value_or(""))) {
    refuse("The Host header names no host.");
  } else if (parsed_.header_count("Content-Length") > 1) {
    refuse("A request has at most one Content-Length header.");
  } else if (!is_number(parsed_.header("Content-Length").value_or("0"))) {
    // Beast takes a list of equal numbers; who is before us may have read it otherwise.
    refuse("A Content-Length is a number.");
  } else {
    check_transfer_coding();
    check_expectation();
  }
}

void request_parser::check_transfer_coding() {
  const auto coding = parsed_.header("Transfer-Encoding");
  if (!coding) {
    return;
  }
  if (parsed_.header("Content-Length")) {
    refuse("A request has a Content-Length or a Transfer-Encoding, not both.");
  } else if (!equals_ignoring_case(*coding, "chunked") || version_ != 11 ||
             parsed_.header_count("Transfer-Encoding") > 1) {
    refuse("The only transfer coding taken is chunked, in HTTP/1.1.");
  }
}

void request_parser::check_expectation() {
  const auto expectation = parsed_.header("Expect");
  if (!expectation || version_ != 11 || fault_) {
    return;
  }
  if (!equals_ignoring_case(*expectation, "100-continue")) {
    fault_ = protocol_problem(417, "expectation_failed",
                              "The only expectation that can be met is 100-continue.");
    fault_->close = true;
    return;
  }
  expects_continue_ = true;
}

void request_parser::split_target() {
  std::string_view& target = parsed_.target;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() > scheme.size() &&
        equals_ignoring_case(target.substr(0, scheme.size()), scheme)) {
      const std::size_t path = target.find('/', scheme.size());
      target = path == std::string_view::npos ? "/" : target.substr(path);
    }
  }
  const std::size_t question = target.find('?');
  parsed_.path = target.substr(0, question);
  parsed_.query = question == std::string_view::npos ? "" : target.substr(question + 1);
}

void request_parser::refuse(std::string detail) {
  if (!fault_) {
    fault_ = protocol_problem(400, "malformed_request", std::move(detail));
    fault_->close = true;
  }
}

request_parser::chunk_state request_parser::decode_chunks(byte_buffer& input,
                                                          std::size_t body_bytes_max) {
  std::size_t consumed = 0;
  chunk_state state = chunk_state::more;
  while (state == chunk_state::more && consumed < input.size()) {
    const std::size_t taken = decode_some(input.view().substr(consumed), state);
    if (taken == 0) {
      break;
    }
    consumed += taken;
    if (state == chunk_state::more &&
        chunk_bytes_left_ > body_bytes_max - std::min(parsed_.body_bytes.size(), body_bytes_max)) {
      state = chunk_state::too_large;
    }
  }
  input.erase_front(consumed);
  return state;
}

/// Takes a chunk's head or what there is of its data.
/// @returns the bytes taken; 0 if that needs more of them, or is malformed.
std::size_t request_parser::decode_some(std::string_view input, chunk_state& state) {
  if (chunk_bytes_left_ == 0) {
    const chunk_head head = scan_chunk_head(input, first_chunk_);
    if (head.found == chunk_head::kind::malformed) {
      state = chunk_state::malformed;
    }
    if (head.bytes == 0) {
      return 0;
    }
    input = input.substr(0, head.bytes);
  }
  error_code failure;
  const std::size_t taken = put({input.data(), input.size()}, failure);
  if (failure) {
    state = chunk_state::malformed;
  } else if (is_done()) {
    state = chunk_state::complete;
  }
  return taken;
}

void request_parser::on_request_impl(verb, view method, view target, int version, error_code&) {
  parsed_.method = to_view(method);
  parsed_.target = to_view(target);
  version_ = version;
}

void request_parser::on_field_impl(field, view name, view value, error_code&) {
  // Trailers are checked for form and then ignored: none may change how the request is read.
  if (!in_trailer_) {
    parsed_.headers.push_back({to_view(name), to_view(value)});
  }
}

void request_parser::on_chunk_header_impl(std::uint64_t bytes, view, error_code&) {
  first_chunk_ = false;
  chunk_bytes_left_ = bytes;
}

std::size_t request_parser::on_chunk_body_impl(std::uint64_t, view body, error_code&) {
  chunk_bytes_left_ -= body.size();
  parsed_.body_bytes.append(to_view(body));
  return body.size();
}

}  // namespace talaria::http
