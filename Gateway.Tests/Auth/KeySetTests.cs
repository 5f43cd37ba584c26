using NUnit.Framework;
using RigKafka.Auth;
using static RigKafka.Tests.Support.TestKeys;

namespace RigKafka.Tests.Auth;

internal sealed class KeySetTests
{
    [TestCase("""{"keys":[{"kty":"oct","kid":"a","k":"bXlzZWNyZXQ","alg":"HS256"}]}""")]
    [TestCase("""{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}]}""")]
    [TestCase("""{"keys":[{"kty":"RSA","kid":"a"}]}""")]
    [TestCase("""{"keys":[{"kty":"RSA","kid":"a","n":"***","e":"***"}]}""")]
    [TestCase("""{"keys":[{"kty":"EC","kid":"a","crv":"P-256","x":"AQAB","y":"AQAB"}]}""")]
    [TestCase("""{"keys":[{"kty":"EC","kid":"a","crv":"secp256k1","x":"AQAB","y":"AQAB"}]}""")]
    [TestCase("""{"keys":[{"kty":"OKP","kid":"a","crv":"Ed25519","x":"AQAB"}]}""")]
    [TestCase("""{"keys":[{}]}""")]
    [TestCase("""{"keys":[null]}""")]
    [TestCase("""{"keys":[]}""")]
    [TestCase("""{"keys":{"kty":"RSA"}}""")]
    [TestCase("""{"keys":7}""")]
    [TestCase("null")]
    [TestCase("")]
    public void Parse_NoKeyOfUse_IsRefused(string json) => Assert.That(() => KeySet.Parse(json), Throws.TypeOf<FormatException>());

    [Test]
    public void Parse_KeyForOtherUse_IsPassedOver()
    {
        var keys = KeySet.Parse(Jwk.Set(Jwk.Of("a", Rsa, ""","use":"enc" """), Jwk.Of("b", Rsa, ""","key_ops":["encrypt"]"""), Jwk.Of("c", Rsa, ""","key_ops":["verify"]""")));
        Assert.That((keys.Count, keys.Skipped), Is.EqualTo((1, 2)));
        Assert.That(keys.Find("RS256", "c"), Has.Count.EqualTo(1));
    }

    [TestCase("""{"kty":"RSA","kid":"x","key_ops":null}""")]
    [TestCase("""{"kty":"RSA","kid":"x","key_ops":"verify"}""")]
    [TestCase("""{"kty":"RSA","kid":"x","key_ops":[7]}""")]
    [TestCase("""{"kty":"RSA","kid":"x","x5c":"MIIB"}""")]
    [TestCase("""{"kty":"RSA","kid":"x","oth":{}}""")]
    [TestCase("""{"kty":"RSA","kid":7,"n":"AQAB","e":"AQAB"}""")]
    [TestCase("""{"kty":"RSA","kid":"x","n":7,"e":true}""")]
    [TestCase("""{"kty":"RSA","kid":"x","n":null,"e":[]}""")]
    [TestCase("""{"kty":"EC","kid":"x","crv":5,"x":{},"y":{}}""")]
    [TestCase("""{"kty":"RSA","kid":"\ud800","n":"\ud800","e":"AQAB"}""")]
    [TestCase("""{"\ud800":7}""")]
    [TestCase("""{"kty":["RSA"]}""")]
    [TestCase("""{"kty":"RSA","alg":7}""")]
    [TestCase("""{"kty":"RSA","use":[]}""")]
    [TestCase("""{}""")]
    [TestCase("""[]""")]
    [TestCase("""DEEP""")]
    [TestCase("""{"kty":"RSA","more":DEEP}""")]
    [TestCase("""null""")]
    [TestCase("""7""")]
    [TestCase("true")]
    [TestCase("\"text\"")]
    public void Parse_OneOddKey_IsSkippedAndCounted(string odd)
    {
        odd = odd.Replace("DEEP", new string('[', 500) + new string(']', 500), StringComparison.Ordinal);
        foreach (var set in new[] { Jwk.Set(odd, Jwk.Of("a", Rsa), Jwk.Of("b", P256)), Jwk.Set(Jwk.Of("a", Rsa), odd, Jwk.Of("b", P256)), Jwk.Set(Jwk.Of("a", Rsa), Jwk.Of("b", P256), odd) })
        {
            var keys = KeySet.Parse(set);
            Assert.That((keys.Count, keys.Skipped), Is.EqualTo((2, 1)), set);
            Assert.That(keys.Find("RS256", "a"), Has.Count.EqualTo(1));
            Assert.That(keys.Find("ES256", "b"), Has.Count.EqualTo(1));
        }
    }

    [TestCase(""","key_ops":null""")]
    [TestCase(""","x5c":"MIIB" """)]
    [TestCase(""","alg":7""")]
    [TestCase(""","alg":"RSA-OAEP" """)]
    [TestCase(""","alg":"ES256" """)]
    [TestCase(""","use":null,"key_ops":{}""")]
    public void Parse_KeyWithAnOddMember_IsOneThatIsSkipped(string more)
    {
        var keys = KeySet.Parse(Jwk.Set(Jwk.Of("a", Rsa, more), Jwk.Of("b", P256)));
        Assert.That((keys.Count, keys.Skipped), Is.EqualTo((1, 1)));
        Assert.That(keys.Find("RS256", "a"), Is.Empty);
    }

    [TestCase("""{"note":7,"keys":[KEY],"more":{"keys":7}}""")]
    [TestCase("""{"keys":7,"keys":[KEY]}""")]
    public void Parse_SetWithOddMembers_IsTakenForItsKeys(string set) =>
        Assert.That(KeySet.Parse(set.Replace("KEY", Jwk.Of("a", Rsa), StringComparison.Ordinal)).Count, Is.EqualTo(1));

    [Test]
    public void Find_TokenWithoutName_IsTriedWithAFewKeysOnly()
    {
        var keys = KeySet.Parse(Jwk.Set([.. Enumerable.Range(0, 100).Select(i => Jwk.Of($"{i}", P256))]));
        Assert.That(keys.Find("ES256", null), Has.Count.EqualTo(8));
        Assert.That(keys.Find("ES256", "99"), Has.Count.EqualTo(1));
    }
}
