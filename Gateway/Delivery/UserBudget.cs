namespace RigKafka.Delivery;

/// <summary>How many records each user's clients may have looked at in a minute, for what they missed. For any thread.</summary>
/// <param name="mostAMinute">How many, and how many at once after a quiet minute.</param>
/// <param name="time">The time.</param>
internal sealed class UserBudget(long mostAMinute, TimeProvider time)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (double Left, long At)> _users = new(StringComparer.Ordinal);
    private long _forgottenAt = time.GetTimestamp();

    /// <summary>How many users have less than everything, about.</summary>
    public int Count => _users.Count;

    /// <summary>How many records a user has left; less than 0 where more were looked at than there were left.</summary>
    public double Left(string user)
    {
        lock (_lock)
        {
            return _users.TryGetValue(user, out var last)
                ? Math.Min(mostAMinute, last.Left + (mostAMinute * (time.GetElapsedTime(last.At) / Minute)))
                : mostAMinute;
        }
    }

    /// <summary>Takes records from a user's budget, if it has so many left.</summary>
    public bool TryTake(string user, long records)
    {
        lock (_lock)
        {
            if (records > Left(user))
            {
                return false;
            }

            Take(user, records);
            return true;
        }
    }

    /// <summary>Takes records that have been looked at, however many are left.</summary>
    public void Take(string user, long records)
    {
        lock (_lock)
        {
            ForgetTheFull();
            _users[user] = (Left(user) - records, time.GetTimestamp());
        }
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
