# bash send.sh http://localhost:4010 '{"user":"alice","id":"m-1","text":"Hi, Alice!"}'
# After a 503 curl tries again by itself, as late as Retry-After says. It gives up at once at a 400 or 413.
for _ in 1 2 3; do
  curl --silent --show-error --fail-with-body --max-time 30 --retry 10 --retry-connrefused \
    ${API_TOKEN:+--header "authorization: Bearer $API_TOKEN"} --header 'content-type: application/json' --data "$2" "$1/v1/messages" && exit
  failed=$?
  # The connection broke (52, 55, 56), and the gateway may have the message: the same again, with the same id.
  [[ $failed == 5[256] ]] || break
  sleep 1
done
exit "$failed"
