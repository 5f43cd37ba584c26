using RigKafka.Auth;

namespace RigKafka.Transports;

/// <summary>Who was let in, or why nobody was: exactly one of the two.</summary>
internal readonly record struct Entered(Identity? Identity, Refused? Refusal)
{
    public static implicit operator Entered(Refused refusal) => new(null, refusal);
}
