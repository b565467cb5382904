#pragma once

#include "http/problem.hpp"
#include "http/request.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace talaria::http {

/// Decides what is HTTP/1.x and where a request ends: Boost.Beast's parser, with the checks that
/// RFC 9112 leaves to servers. One object parses one request.
class request_parser final : private boost::beast::http::basic_parser<true> {
public:
  /// @param parsed Gets views into its own `head_bytes`, which must hold the whole head.
  /// @param head_bytes The length of the head with its empty line.
  request_parser(request& parsed, std::size_t head_bytes);

  /// What is wrong with the head. Every such problem ends the connection.
  const std::optional<problem>& fault() const { return fault_; }

  /// Whether the connection may serve another request.
  bool persistent() const { return persistent_; }
  bool has_chunked_body() const { return chunked(); }
  /// @pre not chunked
  std::uint64_t content_bytes() const { return content_length().value_or(0); }
  /// The client waits for `100 Continue` before it sends the body.
  bool expects_continue() const { return expects_continue_; }

  enum class chunk_state { more, complete, malformed, too_large };

  /// Decodes chunks from the front of `input` to the end of the request's `body_bytes`.
  /// @param input Loses what was consumed; what remains must be passed again, with more.
  chunk_state decode_chunks(byte_buffer& input, std::size_t body_bytes_max);

private:
  using verb = boost::beast::http::verb;
  using field = boost::beast::http::field;
  using view = boost::beast::string_view;
  using error_code = boost::beast::error_code;

  void parse_head(std::size_t head_bytes);
  void check_head();
  void check_transfer_coding();
  void check_expectation();
  void split_target();
  void refuse(std::string detail);
  std::size_t decode_some(std::string_view input, chunk_state& state);

  void on_request_impl(verb, view method, view target, int version, error_code&) override;
  void on_response_impl(int, view, int, error_code&) override {}
  void on_field_impl(field, view name, view value, error_code&) override;
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  std::size_t on_body_impl(view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t bytes, view, error_code&) override;
  std::size_t on_chunk_body_impl(std::uint64_t, view body, error_code&) override;
  void on_finish_impl(error_code&) override {}

  request& parsed_;
  std::optional<problem> fault_;
  int version_ = 0;
  bool in_trailer_ = false;
  bool persistent_ = false;
  bool expects_continue_ = false;
  bool first_chunk_ = true;
  std::uint64_t chunk_bytes_left_ = 0;
};

}  // namespace talaria::http
