using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using RigKafka.Messages;

namespace RigKafka.Auth;

/// <summary>Decides whether a token is ours and still good. Neither the token nor what the library says of it leaves this class.</summary>
internal sealed partial class TokenVerifier
{
    private readonly AuthOptions _options;
    private readonly VerificationKeys _keys;
    private readonly TokenClaims _claims;
    private readonly ILogger<TokenVerifier> _logger;
    private readonly JsonWebTokenHandler _handler;
    private readonly TokenValidationParameters _signature;

    public TokenVerifier(AuthOptions options, VerificationKeys keys, TimeProvider clock, ILogger<TokenVerifier> logger)
    {
        _options = options;
        _keys = keys;
        _claims = new TokenClaims(options, clock);
        _logger = logger;
        _handler = new JsonWebTokenHandler { MaximumTokenSizeInBytes = options.MaxTokenBytes };
        // The library checks the signature alone. It would take a time as text, and it reads the system's clock.
        _signature = new TokenValidationParameters
        {
            ValidAlgorithms = VerificationKeys.Algorithms,
            RequireSignedTokens = true,
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
            LogValidationExceptions = false,
        };
    }

    public async ValueTask<TokenVerdict> Verify(string token)
    {
        var verdict = await Decide(token);
        if (!verdict.Accepted)
        {
            LogRefused(verdict.Refusal.Value.Word());
        }

        return verdict;
    }

    /// <summary>The same verdict with all that speaks against the token, that of the verdict first. Nothing is logged.</summary>
    public async ValueTask<(TokenVerdict Verdict, IReadOnlyList<TokenRefusal> Refusals)> Examine(string token)
    {
        var verdict = await Decide(token);
        if (verdict.Accepted || Open(token, out var header, out var claims) is not null)
        {
            return (verdict, verdict.Refusal is { } only ? [only] : []);
        }

        TokenRefusal?[] refusals = [verdict.Refusal, .. _claims.Refusals(claims), await CheckSignature(token, header)];
        return (verdict, [.. refusals.OfType<TokenRefusal>().Distinct()]);
    }

    private async ValueTask<TokenVerdict> Decide(string token)
    {
        if (Open(token, out var header, out var claims) is { } refusal)
        {
            return TokenVerdict.Refused(refusal);
        }

        var verdict = _claims.Read(claims);
        return verdict.Accepted && await CheckSignature(token, header) is { } reason ? TokenVerdict.Refused(reason) : verdict;
    }

    /// <summary>Null when it can be read, and checked.</summary>
    private TokenRefusal? Open(string token, out JsonElement header, out JsonElement claims)
    {
        (header, claims) = (default, default);
        if (!_keys.Any)
        {
            return TokenRefusal.NoSecret;
        }

        // A character that takes more than one byte has no place in a token, so characters are bytes here.
        if (token.Length > _options.MaxTokenBytes)
        {
            return TokenRefusal.TooLong;
        }

        if (TokenText.TryRead(token, out header, out claims) is { } refusal)
        {
            return refusal;
        }

        // An extension in crit must be understood or the token refused (RFC 7515, section 4.1.11), and we understand none.
        return header.Text("alg") is { } algorithm && VerificationKeys.Algorithms.Contains(algorithm) && !header.TryGetProperty("crit", out _)
            ? null
            : TokenRefusal.UnsupportedAlgorithm;
    }

    private async ValueTask<TokenRefusal?> CheckSignature(string token, JsonElement header)
    {
        var algorithm = header.Text("alg")!;
        var found = await _keys.Find(algorithm, header.Text("kid"));
        if (found.Refusal is { } refusal)
        {
            return refusal;
        }

        if (found.Keys is SymmetricSecurityKey[] secrets)
        {
            return CheckHmac(token, algorithm, secrets);
        }

        var parameters = _signature.Clone();
        parameters.IssuerSigningKeys = found.Keys;
        var result = await _handler.ValidateTokenAsync(token, parameters);
        return result switch
        {
            { IsValid: true } => null,
            { Exception: SecurityTokenInvalidSignatureException } => TokenRefusal.BadSignature,
            // A registered claim that is not of its kind (RFC 7519, section 4.1), like an issuer that is a number.
            _ => TokenRefusal.Malformed,
        };
    }

    /// <summary>
    /// The library reads the token here too, and refuses what it would refuse; its own way to the HMAC takes longer than the HMAC itself.
    /// </summary>
    private TokenRefusal? CheckHmac(string token, string algorithm, SymmetricSecurityKey[] secrets)
    {
        try
        {
            _handler.ReadJsonWebToken(token);
        }
        catch (ArgumentException)
        {
            return TokenRefusal.Malformed;
        }

        var end = token.LastIndexOf('.');
        var signed = Encoding.ASCII.GetBytes(token, 0, end);
        var signature = MemoryMarshal.AsBytes(token.AsSpan(end + 1));
        Span<byte> hash = stackalloc byte[HMACSHA512.HashSizeInBytes];
        Span<char> text = stackalloc char[Base64Url.GetEncodedLength(hash.Length)];
        foreach (var secret in secrets)
        {
            var size = algorithm switch
            {
                SecurityAlgorithms.HmacSha256 => HMACSHA256.HashData(secret.Key, signed, hash),
                SecurityAlgorithms.HmacSha384 => HMACSHA384.HashData(secret.Key, signed, hash),
                _ => HMACSHA512.HashData(secret.Key, signed, hash),
            };
            var length = Base64Url.EncodeToChars(hash[..size], text);
            if (CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(text[..length]), signature))
            {
                return null;
            }
        }

        return TokenRefusal.BadSignature;
    }

    [LoggerMessage(1200, LogLevel.Information, "A token was refused: {Reason}.", EventName = "TokenRefused")]
    private partial void LogRefused(string reason);
}

/// <summary>What became of a token: whose it is, or why it is refused.</summary>
internal readonly record struct TokenVerdict
{
    [MemberNotNullWhen(true, nameof(Identity))]
    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool Accepted => Identity is not null;

    public Identity? Identity { get; private init; }

    public TokenRefusal? Refusal { get; private init; }

    public static TokenVerdict Of(Identity identity) => new() { Identity = identity };

    public static TokenVerdict Refused(TokenRefusal refusal) => new() { Refusal = refusal };
}
