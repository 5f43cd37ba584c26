using System.Buffers.Text;
using System.Globalization;
using System.Text;
using RigKafka.Log;

namespace RigKafka.Sessions;

/// <summary>Until when, and which tokens, the blacklist refuses under a key.</summary>
/// <param name="Expires">When it ends; whole milliseconds.</param>
/// <param name="IssuedUntil">Tokens issued later (<c>iat</c>, in whole seconds since the Unix epoch) are let in; tokens that do not say when they were issued are not.</param>
internal readonly record struct Denial(DateTimeOffset Expires, long IssuedUntil = Denial.Always)
{
    /// <summary>Whenever they were issued.</summary>
    public const long Always = long.MaxValue;

    public bool Covers(long? issuedAt) => issuedAt is not { } time || time <= IssuedUntil;

    /// <summary>What refuses all that one of the two refuses, for as long as the longer of them.</summary>
    public Denial Or(Denial other) => new(Expires > other.Expires ? Expires : other.Expires, Math.Max(IssuedUntil, other.IssuedUntil));

    public TableEntry ToEntry() => new(IssuedUntil == Always ? [] : Encoding.ASCII.GetBytes(IssuedUntil.ToString(CultureInfo.InvariantCulture)), Expires);

    /// <summary>Null for an entry that says nothing that this version understands.</summary>
    public static Denial? Of(TableEntry entry)
    {
        if (entry.Value.Length == 0)
        {
            return new Denial(entry.Expires);
        }

        return Utf8Parser.TryParse(entry.Value, out long until, out var read) && read == entry.Value.Length ? new Denial(entry.Expires, until) : null;
    }
}
