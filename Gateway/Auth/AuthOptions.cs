using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using RigKafka.Settings;

namespace RigKafka.Auth;

/// <summary>Whose tokens are believed, what is read from them, and which roles may listen to others.</summary>
internal sealed class AuthOptions : IValidatableObject
{
    [ConfigurationKeyName("JWT_SECRET_KEY")]
    [Description("The secret that tokens are signed with (HS256, HS384 or HS512), shared with their issuer. While it is empty, no such "
        + "token is taken.")]
    [Secret(KeepsLineBreak = true, IsRenewed = true)]
    public string SecretKey { get; set; } = "";

    [ConfigurationKeyName("JWT_PREVIOUS_SECRET_KEY")]
    [Description("A second secret that tokens may be signed with: the one before, until the tokens that were signed with it have "
        + "expired. Not used when empty.")]
    [Secret(KeepsLineBreak = true, IsRenewed = true, MayBeEmpty = true)]
    public string PreviousSecretKey { get; set; } = "";

    [ConfigurationKeyName("JWT_PUBLIC_KEY")]
    [Description("The public key of the issuer that signs tokens with RS256, RS384, RS512, PS256, PS384 or PS512 (RSA), or ES256, "
        + "ES384 or ES512 (EC on P-256, P-384 or P-521): PEM, line breaks written as \\n if need be, or the path of a PEM file. A "
        + "certificate serves as well; only its key is looked at.")]
    [Secret(IsRenewed = true)]
    public string PublicKey { get; set; } = "";

    [ConfigurationKeyName("JWT_JWKS_URL")]
    [Description("The URL of the issuer's public keys as a JSON web key set, instead of JWT_PUBLIC_KEY. A node asks it every 15 "
        + "minutes, and when a token names an unknown key, but at most every 2 seconds. While it does not answer, the node uses the "
        + "keys that it knows.")]
    public string JwksUrl { get; set; } = "";

    [ConfigurationKeyName("JWT_ISSUER")]
    [Description("The iss that a token must have. Not checked when empty.")]
    public string Issuer { get; set; } = "";

    [ConfigurationKeyName("JWT_AUDIENCE")]
    [Description("The aud of a token must be one of these, or contain one. Not checked when empty.")]
    public IReadOnlyList<string> Audience { get; set; } = [];

    [ConfigurationKeyName("JWT_USER_FIELD")]
    [Description("The claim that holds the user's name, text or a number. Where no claim has the whole name, it is a path of names "
        + "with dots between them, as in user_info.name.")]
    public string UserField { get; set; } = "user";

    [ConfigurationKeyName("JWT_ROLES_FIELD")]
    [Description("The claim that holds the user's roles: a list, or a text, which is one role. Where no claim has the whole name, it "
        + "is a path, such as realm_access.roles. Only the text of a claim named scope or scp is split at spaces.")]
    public string RolesField { get; set; } = "roles";

    [ConfigurationKeyName("JWT_CLOCK_SKEW_SECONDS")]
    [Description("How many seconds after its expiry a token is still taken, and how many before it becomes valid, to make up for "
        + "clocks that differ.")]
    [Range(0, 3600)]
    public int ClockSkewSeconds { get; set; }

    [ConfigurationKeyName("JWT_MAX_TOKEN_BYTES")]
    [Description("The longest token that is looked at, in bytes.")]
    [Range(256, 65536)]
    public int MaxTokenBytes { get; set; } = 8192;

    [ConfigurationKeyName("PRIVILEGED_ROLES")]
    [Description("A user with one of these roles may listen to every user and to every role.")]
    public IReadOnlyList<string> PrivilegedRoles { get; set; } = [];

    [ConfigurationKeyName("PRESENCE_CLAIMS")]
    [Description("The claims of a token that presence shows to others. Each may be a path, as in JWT_ROLES_FIELD. Default: those of "
        + "JWT_USER_FIELD and JWT_ROLES_FIELD, jti and exp.")]
    public IReadOnlyList<string> PublicClaims { get; set; } = [];

    /// <summary>The secrets that are set, with the names of their settings.</summary>
    public IEnumerable<(string Name, string Value)> Secrets =>
        new[] { ("JWT_SECRET_KEY", SecretKey), ("JWT_PREVIOUS_SECRET_KEY", PreviousSecretKey) }.Where(secret => secret.Item2.Length > 0);

    /// <summary>
    /// What tokens may be signed with, the likeliest first. A line break at the end of a secret is most often that of the file which it
    /// was read from, and the issuer may sign with it or without.
    /// </summary>
    public IEnumerable<string> SigningSecrets =>
        from secret in Secrets
        from form in new[] { secret.Value.TrimEnd('\r', '\n'), secret.Value }.Where(form => form.Length > 0).Distinct()
        select form;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (UserField.Length == 0)
        {
            yield return new ValidationResult("JWT_USER_FIELD=: expected the name of a claim.");
        }

        if (RolesField.Length == 0)
        {
            yield return new ValidationResult("JWT_ROLES_FIELD=: expected the name of a claim.");
        }

        if (RolesField.Length > 0 && RolesField == UserField)
        {
            yield return new ValidationResult($"JWT_ROLES_FIELD={RolesField}: expected another claim than JWT_USER_FIELD.");
        }

        foreach (var (name, value) in Secrets)
        {
            if (PublicKeyText.IsPem(value))
            {
                yield return new ValidationResult(
                    $"{name}=(hidden): it is a key or a certificate, and anybody who knows a public one could sign with it as a secret; "
                    + "expected a secret, or JWT_PUBLIC_KEY instead.");
            }
        }

        if (PublicKey.Length > 0 && JwksUrl.Length > 0)
        {
            yield return new ValidationResult("JWT_PUBLIC_KEY=(hidden): expected either this or JWT_JWKS_URL.");
        }

        if (PublicKey.Length > 0 && PublicKeyText.Read(PublicKey, out _) is { } mistake)
        {
            yield return new ValidationResult($"JWT_PUBLIC_KEY=(hidden): it {mistake}.");
        }

        if (JwksUrl.Length > 0 && !IsUrl(JwksUrl))
        {
            yield return new ValidationResult(
                $"JWT_JWKS_URL={JwksUrl.ReplaceLineEndings(" ")}: expected an absolute URL with http or https.");
        }
    }

    private static bool IsUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps);
}
