using System.Security.Cryptography;

namespace RigKafka.Tests.Support;

/// <summary>Keys of issuers, made once since that takes a while.</summary>
internal static class TestKeys
{
    public static RSA Rsa { get; } = RSA.Create(2048);

    public static RSA OtherRsa { get; } = RSA.Create(2048);

    public static ECDsa P256 { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static ECDsa P384 { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP384);

    public static ECDsa P521 { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP521);
}
