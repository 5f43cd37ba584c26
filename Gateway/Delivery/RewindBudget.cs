namespace RigKafka.Delivery;

/// <summary>
/// How many records each user's clients may have read once more: in a minute four times as many as one client may need. For one thread
/// at a time.
/// </summary>
internal sealed class RewindBudget(long maxRecords, TimeProvider time)
{
    private const int TimesAMinute = 4;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (double Left, long At)> _users = new(StringComparer.Ordinal);
    private readonly double _most = (double)TimesAMinute * maxRecords;
    private long _forgottenAt = time.GetTimestamp();

    /// <summary>How many users have less than everything, about.</summary>
    public int Count => _users.Count;

    /// <summary>Takes records from a user's budget, if it has so many left.</summary>
    public bool TryTake(string user, long records)
    {
        ForgetTheFull();
        var left = _users.TryGetValue(user, out var last)
            ? Math.Min(_most, last.Left + (_most * (time.GetElapsedTime(last.At) / Minute)))
            : _most;
        if (records > left)
        {
            return false;
        }

        _users[user] = (left - records, time.GetTimestamp());
        return true;
    }

    private void ForgetTheFull()
    {
        if (time.GetElapsedTime(_forgottenAt) < Minute)
        {
            return;
        }

        _forgottenAt = time.GetTimestamp();
        foreach (var (user, _) in _users.Where(each => time.GetElapsedTime(each.Value.At) >= Minute))
        {
            _users.Remove(user);
        }
    }
}
