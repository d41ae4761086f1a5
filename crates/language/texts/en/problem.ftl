# The page that says what went wrong.

problem-status = Error { $status }
problem-back = Back to the start
problem-nothing-stored = nothing was stored; { $errors }
# The status in words.
problem-bad-request = Bad Request
problem-unauthorized = Unauthorized
problem-forbidden = Forbidden
problem-not-found = Not Found
problem-method-not-allowed = Method Not Allowed
problem-timeout = Request Timeout
problem-conflict = Conflict
problem-too-large = Payload Too Large
problem-unsupported = Unsupported Media Type
problem-unprocessable = Unprocessable Entity
problem-too-many = Too Many Requests
problem-unavailable = Service Unavailable
problem-failed = Internal Server Error
