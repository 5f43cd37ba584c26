namespace RigKafka.Transports;

/// <summary>A token bucket for what one client sends: so many per second, after a burst of ten times as many. A few bytes, since every client has one.</summary>
internal struct MessageRate(int perSecond, TimeProvider time)
{
    private const int Burst = 10;

    private double _left = perSecond * Burst;
    private long _looked = time.GetTimestamp();

    public bool Allows()
    {
        var now = time.GetTimestamp();
        _left = Math.Min(perSecond * Burst, _left + (time.GetElapsedTime(_looked, now).TotalSeconds * perSecond));
        _looked = now;
        if (_left < 1)
        {
            return false;
        }

        _left--;
        return true;
    }
}
