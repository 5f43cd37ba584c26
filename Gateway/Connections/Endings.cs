namespace RigKafka.Connections;

/// <summary>What becomes of a connection whose token expires.</summary>
/// <param name="IsEnforced">Whether it ends.</param>
/// <param name="NoticeMs">How long before that its client is told, in milliseconds; 0 for never.</param>
internal sealed record ExpiryRule(bool IsEnforced, long NoticeMs)
{
    /// <summary>
    /// When a connection ends whose token expires then, in milliseconds since the Unix epoch; <see cref="long.MaxValue"/> for never.
    /// </summary>
    public long EndOf(DateTimeOffset expires) =>
        IsEnforced && expires < DateTimeOffset.MaxValue ? expires.ToUnixTimeMilliseconds() : long.MaxValue;
}

/// <summary>
/// Ends the connections of a delivery loop. A client is told before its token ends, and why its connection ends; it has a limited time to
/// read that. For the loop alone, apart from <see cref="IsAnyDue"/>.
/// </summary>
/// <param name="registry">Knows what becomes of a connection whose token expires, and on which topics its client is told.</param>
/// <param name="options">How long a connection may be open.</param>
/// <param name="writer">Writes it.</param>
/// <param name="time">The clock.</param>
/// <param name="end">Forgets a connection, whose reason is set.</param>
internal sealed class Endings(
    ConnectionRegistry registry, ConnectionOptions options, OutboxWriter writer, TimeProvider time, Action<Connection> end)
{
    /// <summary>How long a client may take to read why it is closed, in milliseconds; and where that is urgent.</summary>
    private const int LastWords = 2_000;
    private const int UrgentLastWords = 750;

    /// <summary>When clients that are closed one after another come back, in milliseconds.</summary>
    private const int LeastRetry = 50;
    private const int MostRetry = 500;

    private readonly long _notice = registry.Expiry.NoticeMs;
    private readonly long _started = time.GetTimestamp();

    /// <summary>By the wall clock, as tokens end.</summary>
    private readonly Deadlines _expiries = new();

    /// <summary>By a clock that only goes forward.</summary>
    private readonly Deadlines _closings = new();
    private CloseReason? _closeAll;

    /// <summary>Whether <see cref="EndDue"/> has something to do. For any thread.</summary>
    public bool IsAnyDue => _expiries.Next <= Now || _closings.Next <= Elapsed;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private long Elapsed => (long)time.GetElapsedTime(_started).TotalMilliseconds;

    /// <summary>A connection has been started.</summary>
    public void Begin(Connection connection)
    {
        if (_closeAll is { } reason)
        {
            Close(connection, reason);
        }

        connection.Term.AgesOutAt = options.NextMaxAge() is { } age ? Elapsed + age : long.MaxValue;
        LookAtExpiry(connection, Now);
    }

    /// <summary>A client that was told of its token's end has joined a topic since.</summary>
    public void TellAgain(Connection connection, string topic)
    {
        if (connection is { Term.IsExpiryTold: true, Format.IsByTopic: true })
        {
            writer.Add(connection, connection.Format.Encode(Expiring(connection).On(topic)));
        }
    }

    /// <summary>A connection goes on with another token.</summary>
    public void Renew(Connection connection, Holder holder)
    {
        connection.Term.ExpiresAt = registry.Expiry.EndOf(holder.Expires);
        connection.Term.IsExpiryTold = false;
        if (!connection.IsHeld)
        {
            LookAtExpiry(connection, Now);
        }
    }

    /// <summary>Closes these connections, and every one that is started later.</summary>
    public void CloseAll(IEnumerable<Connection> connections, CloseReason reason)
    {
        _closeAll = reason;
        var notice = Event.Closing(reason.Name, reason.Reconnect);
        foreach (var connection in connections)
        {
            Close(connection, reason, notice);
        }
    }

    /// <summary>Closes so many of these connections. The server spreads them, so their clients need not.</summary>
    public void CloseSome(IEnumerable<Connection> connections, CloseReason reason, int count)
    {
        foreach (var connection in connections.Where(connection => connection is { IsEnded: false, Closing: null }).Take(count))
        {
            CloseOne(connection, reason);
        }
    }

    /// <summary>Says why, and ends the connection once its client has read that, or has had the time to.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="reason">Why.</param>
    /// <param name="told">What its client is told, where many are told the same.</param>
    public void Close(Connection connection, CloseReason reason, Event? told = null)
    {
        if (connection.IsEnded)
        {
            return;
        }

        if (reason == CloseReason.ClientGone)
        {
            // Nobody is there to read the last words that it may have been sent.
            connection.Closing ??= reason;
            // What its protocol still owes it, such as the answer to a close frame, goes if it goes at once.
            writer.Flush(connection);
            if (!connection.IsEnded)
            {
                end(connection);
            }

            return;
        }

        if (connection.Closing is not null)
        {
            return;
        }

        _expiries.Remove(connection);
        connection.Closing = reason;
        connection.Term.HasLastWords = true;
        _closings.Set(connection, Elapsed + (reason.IsUrgent ? UrgentLastWords : LastWords));
        var notice = registry.Frame(connection, told ?? Event.Closing(reason.Name, reason.Reconnect), evenUnanswered: true);
        writer.AddLast(connection, [.. notice, .. connection.Format.End(reason)]);
    }

    /// <summary>Ends the connections whose time is over, and tells those whose time is over soon.</summary>
    public void EndDue()
    {
        var now = Now;
        while (_expiries.Take(now) is { } connection)
        {
            LookAtExpiry(connection, now);
        }

        var elapsed = Elapsed;
        while (_closings.Take(elapsed) is { } connection)
        {
            connection.Wire.Abort();
            end(connection);
        }
    }

    /// <summary>A connection has ended.</summary>
    public void Forget(Connection connection) => (connection.Term.HasLastWords ? _closings : _expiries).Remove(connection);

    /// <summary>Closes one of many that end at moments of their own: its client can come back soon.</summary>
    private void CloseOne(Connection connection, CloseReason reason) =>
        Close(connection, reason, Event.Closing(reason.Name, reason.Reconnect, retryMs: Random.Shared.Next(LeastRetry, MostRetry)));

    private static Event Expiring(Connection connection) => Event.TokenExpiring(connection.Term.ExpiresAt / 1000);

    /// <summary>Tells the client that its token ends soon, or ends the connection, or notes when to look again.</summary>
    private void LookAtExpiry(Connection connection, long now)
    {
        if (connection.IsEnded || connection.Closing is not null)
        {
            return;
        }

        if (connection.Term.ExpiresAt <= now)
        {
            Close(connection, CloseReason.TokenExpired);
            return;
        }

        if (connection.Term.AgesOutAt <= Elapsed)
        {
            CloseOne(connection, CloseReason.MaxAge);
            return;
        }

        var notice = connection.Term.ExpiresAt - _notice;
        if (notice <= now && !connection.Term.IsExpiryTold && _notice > 0)
        {
            connection.Term.IsExpiryTold = true;
            // A topic whose join waits is told after its reply.
            writer.Add(connection, registry.Frame(connection, Expiring(connection), evenUnanswered: false));
        }

        if (!connection.IsEnded)
        {
            var next = connection.Term.ExpiresAt < long.MaxValue && notice > now ? notice : connection.Term.ExpiresAt;
            var old = connection.Term.AgesOutAt < long.MaxValue ? now + connection.Term.AgesOutAt - Elapsed : long.MaxValue;
            _expiries.Set(connection, Math.Min(old, next));
        }
    }

    /// <summary>How long one connection may last.</summary>
    internal struct Term()
    {
        /// <summary>When it ends with its token, see <see cref="ExpiryRule.EndOf"/>.</summary>
        public long ExpiresAt { get; set; } = long.MaxValue;

        /// <summary>When it has been open for as long as it may be, by the clock that only goes forward, in milliseconds; <see cref="long.MaxValue"/> for never.</summary>
        public long AgesOutAt { get; set; } = long.MaxValue;

        /// <summary>Whether the client knows that its token ends soon.</summary>
        public bool IsExpiryTold { get; set; }

        /// <summary>Whether it is being told why it ends, and has until <see cref="Connection.DueAt"/> to read that.</summary>
        public bool HasLastWords { get; set; }
    }
}
