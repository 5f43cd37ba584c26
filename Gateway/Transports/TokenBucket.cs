namespace RigKafka.Transports;

/// <summary>A rate that one client keeps: so much per second, after a burst. A few bytes, since every client has one.</summary>
internal struct TokenBucket(int perSecond, int burst, TimeProvider time)
{
    private double _left = burst;
    private long _looked = time.GetTimestamp();

    /// <summary>False when there is not so much left; then nothing is taken.</summary>
    public bool Take(int tokens = 1)
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
