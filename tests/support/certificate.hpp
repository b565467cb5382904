#pragma once

#include <string>
#include <vector>

namespace talaria::test_support {

/// A certificate that signed itself, and its key, made at the time of the test. Good as a
/// certificate authority's bundle, too: who trusts it trusts the server that uses it.
struct certificate {
  std::string certificate_pem;
  std::string key_pem;
};

/// Days from now between which a certificate is valid.
struct validity {
  int from_days = -1;
  int to_days = 1;
};

/// @param names DNS names that it is valid for, the first of which is its subject. @pre not empty
certificate make_certificate(const std::vector<std::string>& names, validity valid = {});

/// A file that is deleted with it.
class temporary_file {
public:
  explicit temporary_file(const std::string& content);
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file();

  const std::string& path() const { return path_; }

private:
  std::string path_;
};

}  // namespace talaria::test_support
