using RigKafka.Channels;

namespace RigKafka.Transports;

/// <summary>
/// How much one client of the channel protocol may send: so many messages and pings, and on a WebSocket so many bytes that finish no
/// message, such as frames without content. Only the flow that reads from the client may use it.
/// </summary>
internal sealed class ClientPace(ChannelOptions options, TimeProvider time)
{
    /// <summary>The largest control frame of a client (RFC 6455, sections 5.2 and 5.5).</summary>
    private const int ControlFrame = 2 + 4 + 125;

    /// <summary>The head of a client's frame; a longer one is a message that is larger still.</summary>
    private const int FrameHead = 2 + 4;

    private Bucket _messages = new(options.MessagesPerSecond, options.MessageBurst, time);

    // A message that is under way, and a control frame in the place of each message.
    private Bucket _bytes = new(
        options.MessagesPerSecond * ControlFrame, options.MessageMaxBytes + (options.MessageBurst * ControlFrame), time);

    /// <summary>Counts a message or a ping. False when it is one too many.</summary>
    public bool AllowsMessage() => _messages.Take(1);

    /// <summary>Counts bytes that were read. False when they are too many for a client that finishes no message.</summary>
    public bool AllowsBytes(int bytes) => _bytes.Take(bytes);

    /// <summary>So many of the bytes have become a message.</summary>
    public void Finish(int bytes) => _bytes.GiveBack(bytes + FrameHead);

    /// <summary>So much per second, after a burst. A few bytes, since every client has it.</summary>
    private struct Bucket(int perSecond, int burst, TimeProvider time)
    {
        private double _left = burst;
        private long _looked = time.GetTimestamp();

        /// <summary>False when there is not so much left; then nothing is taken.</summary>
        public bool Take(int tokens)
        {
            var now = time.GetTimestamp();
            _left = Math.Min(burst, _left + (time.GetElapsedTime(_looked, now).TotalSeconds * perSecond));
            _looked = now;
            if (_left < tokens)
            {
                return false;
            }

            _left -= tokens;
            return true;
        }

        public void GiveBack(int tokens) => _left = Math.Min(burst, _left + tokens);
    }
}
